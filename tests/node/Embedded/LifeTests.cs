using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Port;
using static PmOrleans.Node.Tests.Embedded.AttackFolder;

namespace PmOrleans.Node.Tests.Embedded;

/// <summary>P7, and what sleeps, wakes, is refolded, paused and published.</summary>
public sealed class LifeTests
{
    [Fact]
    public async Task each_outcome_is_learned_once_over_restarts_duplicates_and_expiry()
    {
        using var folder = new AttackFolder();
        for (var round = 0; round < 3; round++)
        {
            await using var node = await folder.OpenAsync(AttackCatalogs.Plain);
            await Task.WhenAll(Enumerable.Range(0, 30).Select(i => Task.Run(async () =>
            {
                var customer = $"c-{i}";
                Assert.Single(Offers(await node.DecideAsync(Request(customer, $"d-{round}-{i}"))));
                if (i % 3 == 0)
                {
                    await SendAsync(node, Event(customer, "click", $"m-{round}", $"d-{round}-{i}"), Event(customer, "click", $"m-{round}", $"d-{round}-{i}"));
                    await SendAsync(node, Event(customer, "click", $"n-{round}", $"d-{round}-{i}"));
                }
            })));
        }

        await using (var node = await folder.OpenAsync())
        {
            var policy = (await node.ReadPolicyAsync("p")).Value!;
            Assert.Equal((30, 60L), (policy.Observations, policy.Offers.Sum(offer => offer.Pending)));

            // Nobody asks for these customers: the due loop ends their windows.
            folder.Pass(TimeSpan.FromMinutes(30));
            await UntilAsync(async () => (policy = (await node.ReadPolicyAsync("p")).Value!).Observations >= 90);

            Assert.Equal((90, 0L), (policy.Observations, policy.Offers.Sum(offer => offer.Pending)));
            Assert.Equal(30, policy.Offers.Sum(offer => offer.Rewards), 1e-9);
        }

        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task sleepers_due_together_are_all_woken_though_none_is_saved_in_between()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(AttackCatalogs.Plain))
        {
            for (var i = 0; i < 6; i++)
            {
                Assert.Single(Offers(await node.DecideAsync(Request($"c-{i}"))));
            }
        }

        await using (var node = await folder.OpenAsync(
            configure: options => options with { WakesPerSecond = 2, SnapshotAge = TimeSpan.FromHours(1) }))
        {
            folder.Pass(TimeSpan.FromMinutes(30));
            await UntilAsync(async () => (await node.ReadPolicyAsync("p")).Value!.Observations == 6);
        }

        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task a_history_whose_records_hold_thousands_of_facts_is_read_page_by_page_without_a_gap()
    {
        using var folder = new AttackFolder();
        await using var node = await folder.OpenAsync(
            AttackCatalogs.Plain.Replace("b: { pl", "b: { placements: [p], value: 10, content: {} }\n      d: { placements: [p], value: 10, content: {} }\n      e: { pl", StringComparison.Ordinal)
                .Replace("slots: 3", "slots: 4", StringComparison.Ordinal));
        Assert.Equal(4, Offers(await node.DecideAsync(Request("c-1", "d-1", count: 4))).Length);
        await SendAsync(node, [.. Enumerable.Range(0, 1000).Select(i => Event("c-1", "impression", $"m-{i}", "d-1"))]);

        var read = new List<long>();
        for (long? after = 0; after is { } cursor;)
        {
            var page = (await node.ReadFactsAsync("c-1", cursor, 700)).Value!;
            read.AddRange(page.Facts.Select(fact => fact.Sequence));
            after = page.Next;
        }

        Assert.Equal(2 + 5000, read.Distinct().Count());
        Assert.Equal(read.Order(), read);
    }

    [Fact]
    public async Task another_half_life_refolds_the_models_from_the_log()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(AttackCatalogs.Plain))
        {
            for (var i = 0; i < 20; i++)
            {
                Assert.Single(Offers(await node.DecideAsync(Request($"c-{i}", $"d-{i}"))));
                await SendAsync(node, Event($"c-{i}", "click", "m", $"d-{i}"));
            }

            await PublishAsync(node, AttackCatalogs.Plain.Replace("default:", "default:\n    halfLife: 1h", StringComparison.Ordinal));
            Assert.Equal(20, (await node.ReadPolicyAsync("p")).Value!.Observations);
            Assert.Single(Offers(await node.DecideAsync(Request("c-x"))));
        }

        await folder.AssertCleanAsync();
        await using (var node = await folder.OpenAsync())
        {
            Assert.Equal(20, (await node.ReadPolicyAsync("p")).Value!.Observations);
        }
    }

    [Fact]
    public async Task new_definitions_refold_sleeping_and_live_customers()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(AttackCatalogs.Plain))
        {
            await SendAsync(node, Event("live", "search", "m-1"), Event("asleep", "search", "m-1"), Event("asleep", "search", "m-2"));
        }

        await using (var node = await folder.OpenAsync())
        {
            await SendAsync(node, Event("live", "search", "m-2"), Event("live", "search", "m-3"));
            await PublishAsync(node, AttackCatalogs.Plain.Replace("metrics:", "metrics:\n  searches: count(search) over 7d", StringComparison.Ordinal));
            Assert.Equal(3, await SearchesAsync("live"));
            Assert.Equal(2, await SearchesAsync("asleep"));
            Assert.Equal(1, (await SendAsync(node, Event("live", "search", "m-1"), Event("live", "search", "m-4"))).Duplicates);
            Assert.Equal(4, await SearchesAsync("live"));

            async Task<double?> SearchesAsync(string customer) =>
                (await node.ReadCustomerAsync(customer)).Value!.Metrics.Single(metric => metric.Name == "searches").Value;
        }

        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task a_customer_taken_out_of_memory_comes_back_equal()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(
            AttackCatalogs.Capped("impression", 3), options => options with { SnapshotAge = TimeSpan.FromMilliseconds(1), MaxLiveCustomers = 1000 }))
        {
            await Task.WhenAll(Enumerable.Range(0, 40).Select(async i =>
            {
                await SendAsync(
                    node, Event($"c-{i}", "view", "m-1"), Event($"c-{i}", "identify", "m-2") with { Set = [new Property("tier", PropertyValue.Of("gold"))] });
                Assert.Equal(2, Offers(await node.DecideAsync(Request($"c-{i}", $"d-{i}", count: 2))).Length);
            }));
            var before = (await node.ReadCustomerAsync("c-7")).Value!;
            await UntilAsync(() => node.Directory.Passivate(0) > 0 && node.Directory.Count == 0);

            var after = (await node.ReadCustomerAsync("c-7")).Value!;
            Assert.Equivalent(before, after, strict: true);
            Assert.Equal(1, (await SendAsync(node, Event("c-7", "view", "m-1"))).Duplicates);
            Assert.Single(Offers(await node.DecideAsync(Request("c-7", count: 3))));
        }

        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task who_was_taken_out_of_memory_is_not_kept_there_by_what_is_due_much_later()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(
            AttackCatalogs.Plain, options => options with { SnapshotAge = TimeSpan.FromMilliseconds(1), MaxLiveCustomers = 1_000 }))
        {
            await Task.WhenAll(Enumerable.Range(0, 4_000).Select(async i => Assert.Single(Offers(await node.DecideAsync(Request($"c-{i}", $"d-{i}"))))));
            await UntilAsync(() => node.Directory.Count <= 1_000);
            await UntilAsync(() => node.QueuedDue <= 2_250);

            // Their windows end all the same.
            folder.Pass(TimeSpan.FromMinutes(30));
            await UntilAsync(async () => (await node.ReadPolicyAsync("p")).Value!.Observations >= 4_000);
            Assert.Equal(4_000, (await node.ReadPolicyAsync("p")).Value!.Observations);
        }

        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task a_damaged_snapshot_costs_a_refold_and_nothing_else()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(AttackCatalogs.Plain))
        {
            await SendAsync(node, Event("c-1", "view", "m-1"), Event("c-1", "view", "m-2"));
        }

        folder.Tamper("UPDATE snapshot SET state=x'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'");

        await using (var node = await folder.OpenAsync())
        {
            Assert.Equal(2, (await node.ReadCustomerAsync("c-1")).Value!.Metrics.Single().Value);
            Assert.Equal(1, (await SendAsync(node, Event("c-1", "view", "m-2"))).Duplicates);
        }
    }

    [Fact]
    public async Task a_pause_is_live_at_once_and_survives_restart_and_publish()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(AttackCatalogs.Plain))
        {
            Assert.Equal("paused", (await node.SetPausedAsync("c", true)).Value!.Status);
            Assert.Empty(Offers(await node.DecideAsync(Request("c-1"))));
        }

        await using (var node = await folder.OpenAsync(AttackCatalogs.Capped("decision", 5)))
        {
            Assert.Empty(Offers(await node.DecideAsync(Request("c-1"))));
            Assert.False((await node.SetPausedAsync("c", false)).Value!.Paused);
            Assert.Single(Offers(await node.DecideAsync(Request("c-1"))));
            Assert.Equal(RefusalKind.NotFound, (await node.SetPausedAsync("nowhere", true)).Refusal!.Kind);
        }

        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task of_publishes_that_saw_the_same_version_one_wins_and_what_is_wrong_changes_nothing()
    {
        using var folder = new AttackFolder();
        await using var node = await folder.OpenAsync(AttackCatalogs.Plain);
        var replies = await Task.WhenAll(Enumerable.Range(2, 8).Select(limit => Task.Run(async () =>
            await node.PublishAsync(Bundle(AttackCatalogs.Capped("decision", limit)), 1))));

        Assert.Equal(1, replies.Count(reply => reply.Value is { Published: true, Version: 2 }));
        Assert.Equal(7, replies.Count(reply => reply.Refusal?.Kind == RefusalKind.PreconditionFailed));
        var wrong = (await node.PublishAsync(Bundle(AttackCatalogs.Plain.Replace("value: 10", "value: ten", StringComparison.Ordinal)), 2)).Value!;
        Assert.False(wrong.Published);
        Assert.Contains(wrong.Problems, problem => problem.IsError);

        // Offer a, known from campaign c, in another campaign: an id used again for something else.
        var moved = AttackCatalogs.Plain.Replace("  c:\n", "  other:\n", StringComparison.Ordinal);
        Assert.False((await node.PublishAsync(Bundle(moved), 2)).Value!.Published);
        Assert.Equal(2, (await node.ReadCatalogAsync()).Value!.Version);
        Assert.Equal(2, (await node.DecideAsync(Request("c-1"))).Value!.CatalogVersion);
    }

    [Fact]
    public async Task the_tail_of_a_killed_run_is_kept_until_all_of_it_is_loaded()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(AttackCatalogs.Plain))
        {
            for (var i = 0; i < 5; i++)
            {
                Assert.Single(Offers(await node.DecideAsync(Request($"c-{i}", $"d-{i}"))));
            }
        }

        // As a kill would have left it: no snapshots, the tail from the first record on.
        folder.Tamper("DELETE FROM snapshot; UPDATE meta SET value=1 WHERE key='tail_start'");
        await using (var node = await folder.OpenAsync(configure: options => options with { WakesPerSecond = 1, SnapshotAge = TimeSpan.FromMilliseconds(1) }))
        {
            await SendAsync(node, Event("c-new", "view", "m-1"));
            await UntilAsync(() => node.Log.Reader.LoadSnapshot(node.Log.Reader.ReadRange(node.Log.CommittedSequence - 1, 1)[0].Customer) is not null);

            // In this order, since customers are woken and saved meanwhile: whoever is still behind was in the tail before.
            var tail = node.Log.Reader.CustomersWithTail(node.Log.Reader.TailStart() - 1).ToHashSet();
            Assert.Subset(tail, node.Log.Reader.CustomersWithTail(0).ToHashSet());
        }

        await folder.AssertCleanAsync();
    }
}
