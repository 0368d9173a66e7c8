using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Embedded;
using PmOrleans.Node.Port;
using static PmOrleans.Node.Tests.Embedded.AttackFolder;

namespace PmOrleans.Node.Tests.Embedded;

/// <summary>Whom the offers of a catalog reach, counted over everybody while customers come, go and fall asleep.</summary>
public sealed class ReachTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task reach_is_what_previews_of_every_single_customer_add_up_to(bool redefined)
    {
        using var folder = new AttackFolder();
        const int customers = 200;
        var draft = redefined ? AttackCatalogs.Shop.Replace("over 7d", "over 2d", StringComparison.Ordinal) : AttackCatalogs.Shop;
        await using (var node = await folder.OpenAsync(AttackCatalogs.Shop))
        {
            await FillAsync(node, folder, customers);
        }

        // After a restart everybody sleeps; every third is woken.
        await using (var node = await folder.OpenAsync())
        {
            for (var i = 0; i < customers; i += 3)
            {
                Assert.Null((await node.ReadCustomerAsync($"c-{i}")).Refusal);
            }

            await node.SaveDraftAsync("new", Bundle(draft), PublishNote.None, null, null);
            var choice = new CatalogChoice("new", null);
            var awake = node.Directory.Count;
            var reach = await ReachAsync(node, choice, [new Property("device", PropertyValue.Of("mobile"))]);
            Assert.Equal(awake, node.Directory.Count);

            var expected = new SortedDictionary<string, long>(StringComparer.Ordinal);
            for (var i = 0; i < customers; i++)
            {
                var request = new DecisionRequest
                {
                    CustomerId = $"c-{i}",
                    Placements = [new PlacementRequest("p", 5, []), new PlacementRequest("q", 5, [])],
                    Context = [new Property("device", PropertyValue.Of("mobile"))],
                };
                var answer = (await node.PreviewAsync(new PreviewRequest(choice, request, Described: false))).Value!.Answer!;
                foreach (var offer in answer.Placements
                    .SelectMany(placement => placement.Candidates!)
                    .Where(candidate => candidate.Reason is RemovalReason.None or RemovalReason.Taken)
                    .Select(candidate => candidate.OfferId)
                    .Distinct(StringComparer.Ordinal))
                {
                    expected[offer] = expected.GetValueOrDefault(offer) + 1;
                }
            }

            Assert.Equal((customers, redefined), (reach.Customers, reach.Refolds));
            Assert.Equal(
                string.Join(", ", expected.Select(entry => $"{entry.Key} {entry.Value}")),
                string.Join(", ", reach.Offers.Where(offer => offer.Reach > 0).OrderBy(offer => offer.OfferId, StringComparer.Ordinal).Select(offer => $"{offer.OfferId} {offer.Reach}")));
            Assert.True(expected.Count >= 5);
            Assert.All(reach.Offers.Where(offer => offer.Blocked is null), offer => Assert.InRange(offer.Reach, 1, customers - 1));
            Assert.Equal(RemovalReason.OutOfStock, reach.Offers.Single(offer => offer.OfferId == "gone").Blocked);
            var gold = reach.Offers.Single(offer => offer.OfferId == "gold");
            Assert.Equal(new ReachRemovalView(RemovalReason.Eligibility, "customer.tier == 'gold'", customers - gold.Eligible), gold.Removals[0]);
        }
    }

    [Fact]
    public async Task a_rule_that_reads_an_unknown_context_counts_as_holding_and_is_marked()
    {
        using var folder = new AttackFolder();
        await using var node = await folder.OpenAsync(AttackCatalogs.Shop);
        await SendAsync(node, Event("c-1", "identify") with { Set = [new Property("tier", PropertyValue.Of("gold"))] }, Event("c-2", "view"));

        var unknown = await ReachAsync(node, CatalogChoice.Live, []);
        var desktop = await ReachAsync(node, CatalogChoice.Live, [new Property("device", PropertyValue.Of("desktop"))]);

        Assert.Equal((1, true), App(unknown));
        Assert.Equal((0, false), App(desktop));

        static (long, bool) App(ReachView view) => view.Offers.Where(offer => offer.OfferId == "app").Select(offer => (offer.Reach, offer.DependsOnContext)).Single();
    }

    [Fact]
    public async Task a_customer_with_several_ids_is_counted_once_awake_or_asleep()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(AttackCatalogs.Shop))
        {
            await SendAsync(node, Event("c-1", "view", "m-1"), Event("c-2", "view", "m-2"));
            Assert.Null((await node.AddAliasAsync("c-1", "a-1")).Refusal);
            Assert.Null((await node.AddAliasAsync("c-1", "a-2")).Refusal);
            Assert.Equal(2, (await ReachAsync(node, CatalogChoice.Live, [])).Customers);
        }

        await using (var node = await folder.OpenAsync())
        {
            Assert.Equal(2, (await ReachAsync(node, CatalogChoice.Live, [])).Customers);
        }
    }

    [Fact]
    public async Task who_is_asleep_live_or_not_saved_yet_is_counted_once_as_of_now()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(AttackCatalogs.Shop))
        {
            await SendAsync(node, [.. Enumerable.Range(0, 60).Select(i => Event($"c-{i}", "view", "m-1"))]);
        }

        // As a crash leaves it: the first three were never saved, and nobody is in memory but who does something.
        folder.Tamper("DELETE FROM snapshot WHERE place<4; UPDATE meta SET value=1 WHERE key='tail_start'");
        await using (var node = await folder.OpenAsync(configure: options => options with { SnapshotAge = TimeSpan.FromHours(1), WakesPerSecond = 1 }))
        {
            Assert.Equal(60, (await ReachAsync(node, CatalogChoice.Live, [])).Customers);

            for (var i = 2; i < 6; i++)
            {
                await SendAsync(node, Event($"c-{i + 20}", "view", $"m-{i}"), Event($"c-{i + 20}", "view", $"n-{i}"), Event($"c-{i + 20}", "view", $"o-{i}"), Event($"new-{i}", "view", "m-1"));
            }

            var reach = await ReachAsync(node, CatalogChoice.Live, [new Property("device", PropertyValue.Of("mobile"))]);
            Assert.Equal((64, 64), (reach.Customers, reach.Offers.Single(offer => offer.OfferId == "once").Reach));
        }

        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task who_was_counted_live_and_fell_asleep_meanwhile_is_not_counted_again()
    {
        using var folder = new AttackFolder();
        await using var node = await folder.OpenAsync(AttackCatalogs.Shop, options => options with { SnapshotAge = TimeSpan.FromMilliseconds(1) });
        await SendAsync(node, [.. Enumerable.Range(0, 60).Select(i => Event($"c-{i}", "view", "m-1"))]);
        await UntilAsync(() => Array.TrueForAll(node.Directory.InOrder(), cell => cell.DirtySince == 0));
        var last = node.Directory.InOrder()[^1];
        using var held = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        var holder = new Thread(() =>
        {
            // The half that does not end with this one is through before the count goes on.
            lock (last)
            {
                held.Set();
                release.Wait();
            }
        });
        holder.Start();
        held.Wait();

        var id = (await node.StartReachAsync(CatalogChoice.Live, [])).Value!.Id;
        await UntilAsync(async () => (await node.ReadReachAsync(id)).Value!.Customers >= 30);
        await UntilAsync(() => node.Directory.Passivate(0) >= 0 && node.Directory.Count == 1);
        release.Set();
        holder.Join();
        await UntilAsync(async () => (await node.ReadReachAsync(id)).Value!.Status == "done");

        Assert.Equal(60, (await node.ReadReachAsync(id)).Value!.Customers);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(300)]
    public async Task everybody_is_counted_once_while_customers_wake_and_fall_asleep(int mostLive)
    {
        using var folder = new AttackFolder();
        const int customers = 300;
        await using (var node = await folder.OpenAsync(AttackCatalogs.Shop))
        {
            await SendAsync(node, [.. Enumerable.Range(0, customers).Select(i => Event($"c-{i}", "view", "m-1"))]);
            for (var i = 0; i < customers; i += 7)
            {
                Assert.Null((await node.AddAliasAsync($"c-{i}", $"a-{i}")).Refusal);
            }
        }

        await using (var node = await folder.OpenAsync(configure: options => options with { SnapshotAge = TimeSpan.FromMilliseconds(1) }))
        {
            using var stop = new CancellationTokenSource();
            var waking = Task.Run(async () =>
            {
                for (var round = 0; !stop.IsCancellationRequested; round++)
                {
                    await node.ReadCustomerAsync($"{(round % 7 == 0 ? 'a' : 'c')}-{round * 7 % customers}");
                    await SendAsync(node, Event($"c-{round * 11 % customers}", "view", $"n-{round}"));
                    node.Directory.Passivate(round % 50 == 0 ? 0 : mostLive);
                }
            });
            for (var round = 0; round < 20; round++)
            {
                Assert.Equal(customers, (await ReachAsync(node, CatalogChoice.Live, [])).Customers);
            }

            await stop.CancelAsync();
            await waking;
        }

        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task only_a_few_counts_run_at_once_and_one_can_be_stopped()
    {
        using var folder = new AttackFolder();
        await using var node = await folder.OpenAsync(AttackCatalogs.Shop);
        await SendAsync(node, Event("c-1", "view"));
        var cell = node.Directory.Snapshot().Single();
        using var held = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        var holder = new Thread(() =>
        {
            // Nobody gets past the customer while it is locked.
            lock (cell)
            {
                held.Set();
                release.Wait();
            }
        });
        holder.Start();
        held.Wait();

        string[] ids = [await BeginAsync(), await BeginAsync()];
        var third = await node.StartReachAsync(CatalogChoice.Live, []);
        await node.CancelReachAsync(ids[1]);
        release.Set();
        holder.Join();

        Assert.Equal(RefusalKind.Overloaded, third.Refusal!.Kind);
        await UntilAsync(async () => (await node.ReadReachAsync(ids[0])).Value!.Status == "done");
        await UntilAsync(async () => (await node.ReadReachAsync(ids[1])).Value!.Status is "done" or "cancelled");
        Assert.Null((await node.StartReachAsync(CatalogChoice.Live, [])).Refusal);

        async Task<string> BeginAsync() => (await node.StartReachAsync(CatalogChoice.Live, [])).Value!.Id;
    }

    private static async Task<ReachView> ReachAsync(EmbeddedNode node, CatalogChoice choice, Property[] context)
    {
        var id = (await node.StartReachAsync(choice, context)).Value!.Id;
        await UntilAsync(async () => (await node.ReadReachAsync(id)).Value!.Status != "running");
        var view = (await node.ReadReachAsync(id)).Value!;
        Assert.Equal(("done", 100.0, (string?)null), (view.Status, view.Percent, view.Failure));
        return view;
    }

    private static async Task FillAsync(EmbeddedNode node, AttackFolder folder, int customers)
    {
        var random = new Random(11);
        for (var i = 0; i < customers; i++)
        {
            var id = $"c-{i}";
            var touchpoints = new List<Touchpoint> { Event(id, "search", "m-0") };
            if (random.Next(2) == 0)
            {
                touchpoints.Add(Event(id, "identify", "m-1") with
                {
                    Set = [new Property("tier", PropertyValue.Of(random.Next(3) == 0 ? "none" : "gold")), new Property("age", PropertyValue.Of((double)random.Next(10, 30)))],
                });
            }

            if (random.Next(3) > 0)
            {
                touchpoints.Add(Event(id, "consent", "m-2") with { Purpose = "marketing", Granted = random.Next(3) > 0 });
            }

            touchpoints.AddRange(Enumerable.Range(0, random.Next(8)).Select(view => Event(id, "view", $"v-{view}", at: folder.Now - (random.Next(5) * 86_400_000_000))));
            if (random.Next(4) == 0)
            {
                touchpoints.Add(Event(id, "impression", "m-3", offer: "once"));
            }

            await SendAsync(node, [.. touchpoints]);
        }
    }
}
