using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Embedded;
using PmOrleans.Node.Port;
using static PmOrleans.Node.Tests.Embedded.AttackFolder;

namespace PmOrleans.Node.Tests.Embedded;

/// <summary>Trying a catalog before it is live, on one customer and on all.</summary>
public sealed class TrialTests
{
    private const string Shop = """
        catalog: { currency: EUR }
        attributes:
          tier: { type: string, default: none, values: [none, gold] }
          age: int
        consents:
          marketing: { unknown: deny }
        metrics:
          views7d: count(view) over 7d
        segments:
          eager: metrics.views7d > 3
        placements:
          p: { channel: web, slots: 5 }
          q: { channel: app, slots: 5 }
        campaigns:
          c:
            eligibility: customer.tier == 'gold'
            offers:
              gold: { placements: [p], value: 10, content: {} }
              eager: { placements: [p], value: 10, eligibility: "'eager' in segments", content: {} }
              app: { placements: [q], value: 10, eligibility: context.device == 'mobile', content: {} }
          d:
            consent: [marketing]
            offers:
              mail: { placements: [p], value: 10, content: {} }
              adult: { placements: [p, q], value: 10, eligibility: customer.age >= 18, content: {} }
          e:
            caps: [ { event: impression, limit: 1, within: 30d, per: offer } ]
            offers:
              once: { placements: [p], value: 10, content: {} }
              gone: { placements: [p], value: 10, inStock: false, content: {} }
        """;

    [Fact]
    public async Task a_preview_shows_what_the_customer_gets_once_the_draft_is_live()
    {
        using var folder = new AttackFolder();
        await using var node = await folder.OpenAsync(AttackCatalogs.Plain);
        await SendAsync(node, [.. Enumerable.Range(0, 5).Select(i => Event("c-1", "search", $"m-{i}"))]);
        // The metric is new: what the customer did before it was declared counts.
        var draft = AttackCatalogs.Plain
            .Replace("metrics:", "metrics:\n  searches: count(search) over 7d", StringComparison.Ordinal)
            .Replace("a: { placements", "a: { eligibility: metrics.searches > 4, placements", StringComparison.Ordinal)
            .Replace("b: { placements", "b: { eligibility: metrics.searches > 5, placements", StringComparison.Ordinal);
        await node.SaveDraftAsync("new", Bundle(draft), PublishNote.None, null, null);

        var preview = (await node.PreviewAsync(new PreviewRequest(new CatalogChoice("new", null), Request("c-1", "d-1", count: 2), Described: false))).Value!.Answer!;
        await PublishAsync(node, draft);
        var decided = (await node.DecideAsync(Request("c-1", "d-1", count: 2) with { Explain = true })).Value!;

        Assert.Equal(["a"], preview.Placements[0].Offers.Select(offer => offer.OfferId).ToArray());
        Assert.Equal(RemovalReason.Eligibility, preview.Placements[0].Candidates!.Single(candidate => candidate.OfferId == "b").Reason);
        Assert.Equal(Text(decided), Text(preview));

        static string Text(DecisionAnswer answer) => $"{answer.CatalogVersion}: " + string.Join(
            "; ", answer.Placements[0].Offers.Select(offer => $"{offer.OfferId} {offer.Propensity} {offer.Score}").Concat(answer.Placements[0].Candidates!.Select(candidate => candidate.ToString())));
    }

    [Fact]
    public async Task a_preview_leaves_no_trace()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(AttackCatalogs.Budgeted("total: 0.74, settleOn: decision")))
        {
            await SendAsync(node, Event("c-1", "view", "m-1"));
            var sequence = node.Log.CommittedSequence;
            var customer = (await node.ReadCustomerAsync("c-1")).Value!;
            for (var i = 0; i < 20; i++)
            {
                var request = Request("c-1", count: 2) with { Touchpoints = [Event("c-1", "view", "m-2")] };
                var preview = await node.PreviewAsync(new PreviewRequest(CatalogChoice.Live, request, Described: false));
                Assert.Equal(2, Offers(new Reply<DecisionAnswer>(preview.Value!.Answer, null)).Length);
            }

            await node.PreviewAsync(new PreviewRequest(CatalogChoice.Live, Request("c-9"), Described: false));

            Assert.Equal(sequence, node.Log.CommittedSequence);
            Assert.Equal(customer.Sequence, (await node.ReadCustomerAsync("c-1")).Value!.Sequence);
            Assert.Equal(1, (await node.ReadCustomerAsync("c-1")).Value!.Touchpoints.Single().Count);
            Assert.Equal(RefusalKind.NotFound, (await node.ReadCustomerAsync("c-9")).Refusal!.Kind);

            // The whole budget is still there to be spent.
            Assert.Equal(2, Offers(await node.DecideAsync(Request("c-1", count: 2))).Length);
        }

        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task somebody_described_is_what_the_description_says_and_a_campaign_without_money_shows_nothing()
    {
        using var folder = new AttackFolder();
        await using var node = await folder.OpenAsync(Shop);
        Touchpoint[] profile =
        [
            Event("x", "identify") with { Set = [new Property("tier", PropertyValue.Of("gold"))] },
            Event("x", "consent") with { Purpose = "marketing", Granted = true },
            .. Enumerable.Range(0, 4).Select(i => Event("x", "view", at: folder.Now - (i * 86_400_000_000))),
        ];

        Assert.Equal("eager gold mail once", await SeenAsync(CatalogChoice.Live, profile));
        Assert.Equal("eager gold once", await SeenAsync(CatalogChoice.Live, [profile[0], .. profile[2..]]));
        Assert.Equal("once", await SeenAsync(CatalogChoice.Live, []));
        var poor = Shop.Replace("  e:\n", "  e:\n    budget: { total: 0.5 }\n", StringComparison.Ordinal).Replace("once: { ", "once: { cost: 1, ", StringComparison.Ordinal);
        Assert.Equal("", await SeenAsync(new CatalogChoice(null, Bundle(poor)), []));

        async Task<string> SeenAsync(CatalogChoice choice, Touchpoint[] touchpoints)
        {
            var view = (await node.PreviewAsync(new PreviewRequest(choice, Request("x", count: 5) with { Touchpoints = touchpoints }, Described: true))).Value!;
            return string.Join(' ', view.Answer!.Placements[0].Offers.Select(offer => offer.OfferId).Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task a_catalog_with_errors_is_told_with_its_errors_and_what_is_not_there_is_not_found()
    {
        using var folder = new AttackFolder();
        await using var node = await folder.OpenAsync(AttackCatalogs.Plain);
        var broken = new CatalogChoice(null, Bundle(AttackCatalogs.Plain.Replace("value: 10", "value: ten", StringComparison.Ordinal)));

        var preview = (await node.PreviewAsync(new PreviewRequest(broken, Request("c-1"), Described: false))).Value!;
        var reach = (await node.StartReachAsync(broken, [])).Value!;
        var nowhere = await node.PreviewAsync(new PreviewRequest(CatalogChoice.Live, Request("c-1", placement: "nowhere"), Described: false));

        Assert.Null(preview.Answer);
        Assert.Contains(preview.Problems, problem => problem.IsError);
        var slip = await node.PreviewAsync(new PreviewRequest(
            CatalogChoice.Live, Request("c-1") with { Touchpoints = [Event("c-1", "identify") with { Set = [new Property("teir", PropertyValue.Of("gold"))] }] }, Described: true));

        Assert.Equal(RefusalKind.Invalid, slip.Refusal!.Kind);
        Assert.Contains("tier", slip.Refusal.Errors!["profile.attributes.teir"][0], StringComparison.Ordinal);
        Assert.Equal("invalid", reach.Status);
        Assert.Equal(RefusalKind.NotFound, nowhere.Refusal!.Kind);
        Assert.Equal(RefusalKind.NotFound, (await node.StartReachAsync(new CatalogChoice("none", null), [])).Refusal!.Kind);
        Assert.Equal(RefusalKind.NotFound, (await node.ReadReachAsync("none")).Refusal!.Kind);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task reach_is_what_previews_of_every_single_customer_add_up_to(bool redefined)
    {
        using var folder = new AttackFolder();
        const int customers = 200;
        var draft = redefined ? Shop.Replace("over 7d", "over 2d", StringComparison.Ordinal) : Shop;
        await using (var node = await folder.OpenAsync(Shop))
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
        await using var node = await folder.OpenAsync(Shop);
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
        await using (var node = await folder.OpenAsync(Shop))
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
        await using (var node = await folder.OpenAsync(Shop))
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
        await using var node = await folder.OpenAsync(Shop, options => options with { SnapshotAge = TimeSpan.FromMilliseconds(1) });
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
        await using (var node = await folder.OpenAsync(Shop))
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
        await using var node = await folder.OpenAsync(Shop);
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
