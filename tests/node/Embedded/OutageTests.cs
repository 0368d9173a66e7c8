using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Embedded;
using PmOrleans.Node.Port;
using PmOrleans.Node.Tests.Log;
using static PmOrleans.Node.Tests.Embedded.AttackFolder;

namespace PmOrleans.Node.Tests.Embedded;

/// <summary>The log fails under the node's feet: refused with 503, nothing half applied, memory equal to the log, and all well again afterwards.</summary>
public sealed class OutageTests
{
    private readonly ScriptedFaults _faults = new();

    [Fact]
    public async Task while_the_log_fails_everything_is_refused_and_afterwards_memory_equals_the_log()
    {
        using var folder = new AttackFolder();
        await using (var node = await OpenAsync(folder, AttackCatalogs.Capped("impression", 3)))
        {
            Assert.Single(Offers(await node.DecideAsync(Request("c-1", "d-1"))));
            await SendAsync(node, Event("c-1", "view", "m-1"));
            _faults.AtCommit = ScriptedFaults.Fail;

            Assert.Equal(RefusalKind.Unavailable, (await node.IngestAsync([Event("c-1", "view", "m-2")])).Refusal!.Kind);
            Assert.Equal(RefusalKind.Unavailable, (await node.DecideAsync(Request("c-1", "d-2", count: 2))).Refusal!.Kind);
            Assert.Equal(RefusalKind.Unavailable, (await node.DecideAsync(Request("c-new", "d-3"))).Refusal!.Kind);
            Assert.Equal(RefusalKind.Unavailable, (await node.EraseAsync("c-1")).Refusal!.Kind);
            Assert.Equal(RefusalKind.Unavailable, (await node.SetPausedAsync("c", true)).Refusal!.Kind);
            Assert.Equal(RefusalKind.Unavailable, (await node.PublishAsync(Bundle(AttackCatalogs.Plain), null)).Refusal!.Kind);
            Assert.Equal(2, (await node.ReadCustomerAsync("c-1")).Value!.Sequence);
            Assert.Equal(RefusalKind.NotFound, (await node.ReadCustomerAsync("c-new")).Refusal!.Kind);

            _faults.Disarm();
            await BudgetAttackTests.WritableAsync(node);
            Assert.Equal(1, (await SendAsync(node, Event("c-1", "view", "m-2"))).Accepted);
            Assert.Equal(2, Offers(await node.DecideAsync(Request("c-1", "d-2", count: 3))).Length);
            Assert.Empty(Offers(await node.DecideAsync(Request("c-1", "d-4"))));
            Assert.False((await node.ReadCampaignAsync("c")).Value!.Paused);
            Assert.Equal(1, (await node.ReadCatalogAsync()).Value!.Version);
        }

        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task a_random_mix_of_failing_commits_never_makes_memory_differ_from_the_log()
    {
        using var folder = new AttackFolder();
        var random = new Random(7);
        var acknowledged = new HashSet<string>(StringComparer.Ordinal);
        await using (var node = await OpenAsync(folder, AttackCatalogs.Budgeted("total: 50, daily: 40, settleOn: click, reserve: full")))
        {
            _faults.AtCommit = () =>
            {
                lock (random)
                {
                    if (random.Next(4) == 0)
                    {
                        ScriptedFaults.Fail();
                    }
                }
            };
            await Task.WhenAll(Enumerable.Range(0, 6).Select(worker => Task.Run(async () =>
            {
                for (var i = 0; i < 60; i++)
                {
                    var customer = $"c-{(worker + i) % 5}";
                    if ((await node.DecideAsync(Request(customer, $"d-{worker}-{i}"))).Value is not null)
                    {
                        lock (acknowledged)
                        {
                            acknowledged.Add($"d-{worker}-{i}");
                        }
                    }

                    await node.IngestAsync([Event(customer, "click", $"m-{worker}-{i}", $"d-{worker}-{i}")]);
                }
            })));
            _faults.Disarm();
            await BudgetAttackTests.WritableAsync(node);
            foreach (var decision in acknowledged)
            {
                Assert.Null((await node.ReadDecisionAsync(decision)).Refusal);
            }
        }

        Assert.Equal(acknowledged.Count, (await folder.AssertCleanAsync()).Decisions);
        Assert.NotEmpty(acknowledged);
    }

    [Fact]
    public async Task a_duplicate_is_not_acknowledged_before_the_first_is_in_the_log()
    {
        using var folder = new AttackFolder();
        await using var node = await OpenAsync(folder, AttackCatalogs.Plain);
        await SendAsync(node, Event("c-1", "view", "m-0"));
        using var gate = new ManualResetEventSlim();
        var standing = _faults.StopAtBegin(gate);
        var first = node.IngestAsync([Event("c-1", "view", "m-1")]).AsTask();
        await standing;
        _faults.AtCommit = ScriptedFaults.Fail;

        var second = node.IngestAsync([Event("c-1", "view", "m-1")]).AsTask();
        Assert.False(second.IsCompleted);
        gate.Set();

        Assert.Equal(RefusalKind.Unavailable, (await first).Refusal!.Kind);
        var answer = await second;
        Assert.True(answer.Refusal is not null || answer.Value!.Accepted == 1, $"{answer}");
        _faults.Disarm();
    }

    [Fact]
    public async Task an_erasure_whose_end_could_not_be_written_leaves_the_customer_whole()
    {
        using var folder = new AttackFolder();
        await using (var node = await OpenAsync(folder, AttackCatalogs.Budgeted("total: 50, settleOn: click, reserve: full")))
        {
            Assert.Equal(2, Offers(await node.DecideAsync(Request("c-1", "d-1", count: 2))).Length);
            var failed = false;
            _faults.AtInsert = _ =>
            {
                if (!failed)
                {
                    failed = true;
                    ScriptedFaults.Fail();
                }
            };

            Assert.Equal(RefusalKind.Unavailable, (await node.EraseAsync("c-1")).Refusal!.Kind);
            await BudgetAttackTests.WritableAsync(node);
            Assert.Equal(1, (await node.ReadCustomerAsync("c-1")).Value!.Sequence);
            Assert.Equal(740_000, (await node.ReadCampaignAsync("c")).Value!.Total!.ReservedMicros);
            Assert.Null((await node.EraseAsync("c-1")).Refusal);
            Assert.Equal(0, (await node.ReadCampaignAsync("c")).Value!.Total!.ReservedMicros);
        }

        Assert.Equal(1, (await folder.AssertCleanAsync()).ErasedCustomers);
    }

    [Fact]
    public async Task a_new_budget_day_while_the_log_fails_is_an_outage_and_no_crash()
    {
        using var folder = new AttackFolder();
        await using var node = await OpenAsync(folder, AttackCatalogs.Budgeted("daily: 7.4, settleOn: decision"));
        folder.Pass(TimeSpan.FromHours(14));
        _faults.AtCommit = ScriptedFaults.Fail;

        Assert.Equal(RefusalKind.Unavailable, (await node.DecideAsync(Request("c-1"))).Refusal!.Kind);
        Assert.Equal(RefusalKind.Unavailable, (await node.IngestAsync([Event("c-1", "view")])).Refusal!.Kind);
        _faults.Disarm();
        await BudgetAttackTests.WritableAsync(node);
        await UntilAsync(async () => Offers(await node.DecideAsync(Request("c-1"))).Length > 0);
    }

    [Fact]
    public async Task a_publish_that_cannot_be_written_publishes_nothing()
    {
        using var folder = new AttackFolder();
        await using var node = await OpenAsync(folder, AttackCatalogs.Budgeted("total: 740, settleOn: decision"));
        _faults.AtInsert = _ => ScriptedFaults.Fail();

        var refused = await node.PublishAsync(Bundle(AttackCatalogs.Budgeted("total: 3.7, settleOn: decision")), null);
        _faults.Disarm();
        await BudgetAttackTests.WritableAsync(node);

        Assert.NotNull(refused.Refusal);
        Assert.Equal(1, (await node.ReadCatalogAsync()).Value!.Version);
        Assert.Equal(1, (await node.DecideAsync(Request("c-1"))).Value!.CatalogVersion);
    }

    [Fact]
    public async Task a_publish_whose_leases_cannot_be_written_is_live_all_the_same_and_cuts_as_soon_as_it_can()
    {
        using var folder = new AttackFolder();
        await using (var node = await OpenAsync(folder, AttackCatalogs.Budgeted("total: 740, settleOn: decision")))
        {
            Assert.Single(Offers(await node.DecideAsync(Request("c-1"))));
            _faults.AtInsert = record =>
            {
                if (FactCodec.Read(record.Accounting.Span, []).Exists(fact => fact is LeaseGrantedFact or LeaseReturnedFact))
                {
                    ScriptedFaults.Fail();
                }
            };

            await PublishAsync(node, AttackCatalogs.Budgeted("total: 3.7, settleOn: decision"));
            _faults.Disarm();
            await BudgetAttackTests.WritableAsync(node);
            await UntilAsync(async () => (await node.ReadCampaignAsync("c")).Value!.Total is { FreeMicros: >= 0 });

            var decided = (await node.DecideAsync(Request("c-2"))).Value!;
            Assert.Equal(2, decided.CatalogVersion);
        }

        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task a_window_that_ended_while_the_log_failed_ends_afterwards_without_anybody_asking()
    {
        using var folder = new AttackFolder();
        await using (var node = await OpenAsync(folder, AttackCatalogs.Plain))
        {
            for (var i = 0; i < 5; i++)
            {
                Assert.Single(Offers(await node.DecideAsync(Request($"c-{i}"))));
            }

            var failures = 0;
            _faults.AtInsert = record =>
            {
                if (!record.Customer.IsNone)
                {
                    failures++;
                    ScriptedFaults.Fail();
                }
            };
            folder.Pass(TimeSpan.FromMinutes(30));
            await UntilAsync(() => Volatile.Read(ref failures) > 0);

            _faults.Disarm();
            await UntilAsync(async () => (await node.ReadPolicyAsync("p")).Value!.Observations == 5);
        }

        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task a_repeated_decision_id_after_a_restart_takes_nobody_down_with_it()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(AttackCatalogs.Plain))
        {
            for (var i = 0; i < 20; i++)
            {
                Assert.Single(Offers(await node.DecideAsync(Request("c-1", $"d-{i}"))));
            }
        }

        await using (var node = await folder.OpenAsync())
        {
            // Repeats, new decisions and touchpoints of one customer in one batch of the log: each gets its own answer.
            await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(async () =>
            {
                Assert.True((await node.DecideAsync(Request("c-1", $"d-{i}"))).Value!.Repeated);
                Assert.Equal(1, (await SendAsync(node, Event("c-1", "view", $"m-{i}"))).Accepted);
                Assert.False((await node.DecideAsync(Request("c-1", $"e-{i}"))).Value!.Repeated);
            })));
        }

        Assert.Equal(40, (await folder.AssertCleanAsync()).Decisions);
    }

    [Fact]
    public async Task a_placement_that_prefers_it_answers_its_fallback_uncounted_while_the_log_fails()
    {
        using var folder = new AttackFolder();
        await using var node = await OpenAsync(
            folder, AttackCatalogs.Plain.Replace("slots: 3,", "slots: 3, onOutage: fallback,", StringComparison.Ordinal));
        var end = node.Log.CommittedSequence;
        _faults.AtCommit = ScriptedFaults.Fail;

        var answer = (await node.DecideAsync(Request("c-1", "d-1"))).Value!;
        var unnamed = (await node.DecideAsync(Request("c-1") with { DecisionId = null })).Value!;

        Assert.True(answer.Degraded);
        Assert.Equal("d-1", answer.DecisionId);
        Assert.NotEmpty(unnamed.DecisionId);
        Assert.True(Assert.Single(answer.Placements[0].Offers).Fallback);
        Assert.Equal(end, node.Log.CommittedSequence);
        _faults.Disarm();
    }

    private Task<EmbeddedNode> OpenAsync(AttackFolder folder, string yaml) => folder.OpenAsync(
        yaml, options => options with { ConfigureLog = log => log with { Faults = _faults, MaxBackOff = TimeSpan.FromMilliseconds(20) } });
}
