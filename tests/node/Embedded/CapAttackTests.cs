using static PmOrleans.Node.Tests.Embedded.AttackFolder;

namespace PmOrleans.Node.Tests.Embedded;

/// <summary>P1: caps are exact, whatever the concurrency, restarts and duplicates.</summary>
public sealed class CapAttackTests
{
    [Theory]
    [InlineData("decision")]
    [InlineData("impression")]
    [InlineData("click")]
    [InlineData("conversion")]
    public async Task concurrent_decisions_at_the_edge_of_a_cap_answer_exactly_as_many_as_it_allows(string counted)
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(AttackCatalogs.Capped(counted, limit: 5)))
        {
            var replies = await Task.WhenAll(Enumerable.Range(0, 64).Select(i => Task.Run(async () =>
                await node.DecideAsync(Request("c-1", $"d-{i}", count: 1 + (i % 3))))));

            Assert.Equal(5, replies.Sum(reply => Offers(reply).Length));
        }

        await using (var node = await folder.OpenAsync())
        {
            Assert.Empty(Offers(await node.DecideAsync(Request("c-1"))));
            Assert.Single(Offers(await node.DecideAsync(Request("c-2"))));
        }

        var report = await folder.AssertCleanAsync();
        Assert.Equal(6, report.CapChecks);
    }

    [Fact]
    public async Task a_hold_that_ends_gives_its_place_back_and_an_impression_keeps_it_for_the_window()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(AttackCatalogs.Capped("impression", limit: 2)))
        {
            Assert.Equal(2, Offers(await node.DecideAsync(Request("c-1", "d-1", count: 2))).Length);
            await SendAsync(node, Event("c-1", "impression", "m-1", "d-1", "a"));
            Assert.Empty(Offers(await node.DecideAsync(Request("c-1"))));

            folder.Pass(TimeSpan.FromMinutes(15) - TimeSpan.FromMicroseconds(1));
            Assert.Empty(Offers(await node.DecideAsync(Request("c-1"))));
            folder.Pass(TimeSpan.FromMicroseconds(1));
            Assert.Single(Offers(await node.DecideAsync(Request("c-1", "d-2", count: 3))));
            await SendAsync(node, Event("c-1", "impression", "m-2", "d-2"));
        }

        await using (var node = await folder.OpenAsync())
        {
            folder.Pass(TimeSpan.FromHours(24) - TimeSpan.FromMinutes(15) - TimeSpan.FromMicroseconds(1));
            Assert.Empty(Offers(await node.DecideAsync(Request("c-1"))));
            folder.Pass(TimeSpan.FromMicroseconds(1));
            Assert.Single(Offers(await node.DecideAsync(Request("c-1", count: 3))));
        }

        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task events_that_come_late_or_from_elsewhere_can_only_suppress()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(AttackCatalogs.Capped("impression", limit: 2)))
        {
            // From elsewhere: no decision of this node explains it. Late: its hold has long ended.
            await SendAsync(node, Event("c-1", "impression", "m-1", offer: "a", at: folder.Now - 3_600_000_000));
            Assert.Single(Offers(await node.DecideAsync(Request("c-1", "d-1", count: 3))));
            folder.Pass(TimeSpan.FromMinutes(20));
            await SendAsync(node, Event("c-1", "impression", "m-2", "d-1"));

            Assert.Empty(Offers(await node.DecideAsync(Request("c-1"))));

            // A clock that runs behind cannot carry the event out of the window.
            await SendAsync(node, Event("c-1", "impression", "m-3", "d-1", at: folder.Now - (40L * 86_400 * 1_000_000)));
            Assert.Empty(Offers(await node.DecideAsync(Request("c-1"))));
        }

        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task an_event_that_names_a_closed_decision_counts_for_whom_it_was_made_and_nobody_else()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(AttackCatalogs.Capped("impression", limit: 2)))
        {
            Assert.Equal(2, Offers(await node.DecideAsync(Request("c-1", "d-1", count: 2))).Length);
            Assert.Single(Offers(await node.DecideAsync(Request("c-2", "d-2"))));
        }

        await using (var node = await folder.OpenAsync())
        {
            // The attribution window (30 min) and the hold (15 min) are over: nothing in memory knows the decision.
            folder.Pass(TimeSpan.FromHours(2));
            Assert.Equal(1, (await SendAsync(node, Event("c-1", "impression", "m-1", "d-1"))).Accepted);
            Assert.Equal(1, (await SendAsync(node, Event("c-2", "impression", "m-2", "d-1"))).Accepted);
            Assert.Equal(1, (await SendAsync(node, Event("c-3", "impression", "m-3", "nobody's"))).Accepted);

            Assert.Empty(Offers(await node.DecideAsync(Request("c-1"))));
            Assert.Equal(2, Offers(await node.DecideAsync(Request("c-2", count: 2))).Length);

            var seen = Event("c-2", "impression", "m-4", "d-2");
            folder.Pass(TimeSpan.FromHours(2));
            Assert.Single(Offers(await node.DecideAsync(Request("c-2", "d-3", count: 3) with { Touchpoints = [seen] })));
        }

        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task duplicates_of_an_event_count_once()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(AttackCatalogs.Capped("impression", limit: 2)))
        {
            Assert.Single(Offers(await node.DecideAsync(Request("c-1", "d-1"))));
            await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => SendAsync(node, Event("c-1", "impression", "m-1", "d-1")))));

            Assert.Single(Offers(await node.DecideAsync(Request("c-1", count: 3))));
        }

        Assert.Equal(1, (await folder.AssertCleanAsync()).Touchpoints);
    }

    [Fact]
    public async Task a_cap_made_wider_or_new_by_a_publish_counts_what_happened_before()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(AttackCatalogs.Plain))
        {
            for (var i = 0; i < 6; i++)
            {
                Assert.Single(Offers(await node.DecideAsync(Request("c-1"))));
            }

            await PublishAsync(node, AttackCatalogs.Capped("decision", limit: 2));
            Assert.Empty(Offers(await node.DecideAsync(Request("c-1"))));
            await PublishAsync(node, AttackCatalogs.Capped("decision", limit: 8));

            Assert.Equal(2, Offers(await node.DecideAsync(Request("c-1", count: 3))).Length);
        }

        await using (var node = await folder.OpenAsync(AttackCatalogs.Capped("decision", limit: 9)))
        {
            Assert.Single(Offers(await node.DecideAsync(Request("c-1", count: 3))));
        }

        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task many_customers_under_random_traffic_with_restarts_never_break_a_cap()
    {
        using var folder = new AttackFolder();
        var random = new Random(20261121);
        for (var round = 0; round < 4; round++)
        {
            await using var node = await folder.OpenAsync(AttackCatalogs.Capped(round % 2 == 0 ? "impression" : "click", limit: 3, within: "1h"));
            for (var step = 0; step < 20; step++)
            {
                var moves = Enumerable.Range(0, 40).Select(_ => (Customer: $"c-{random.Next(12)}", Kind: random.Next(4), Id: $"d-{random.Next(150)}")).ToList();
                await Task.WhenAll(moves.Select(move => Task.Run(async () =>
                {
                    _ = move.Kind switch
                    {
                        0 or 1 => (object)await node.DecideAsync(Request(move.Customer, $"{move.Customer}/{move.Id}", count: 2)),
                        2 => await SendAsync(node, Event(move.Customer, "impression", $"i{move.Id}", $"{move.Customer}/{move.Id}")),
                        _ => await SendAsync(node, Event(move.Customer, "click", $"k{move.Id}", $"{move.Customer}/{move.Id}")),
                    };
                })));
                folder.Pass(TimeSpan.FromMinutes(random.Next(6)));
            }
        }

        var report = await folder.AssertCleanAsync();
        Assert.True(report.CapChecks > 100, report.ToText());
        Assert.True(report.Outcomes > 100, report.ToText());
    }
}
