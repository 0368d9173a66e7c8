using PmOrleans.Simulator.Chance;
using PmOrleans.Simulator.Population;
using PmOrleans.Simulator.Runs;
using PmOrleans.Simulator.Shop;
using PmOrleans.Simulator.Targets;
using PmOrleans.Simulator.Truth;

namespace PmOrleans.Simulator.Tests.Shop;

public sealed class ShopRunTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task a_run_that_is_stopped_keeps_what_was_played_and_its_log_is_whole()
    {
        using var stop = new CancellationTokenSource();
        var (scenario, catalog) = ScenarioFile.Read("tight-budgets");
        (scenario.Customers, scenario.Decisions, scenario.Days) = (100, 1000, 10);
        var draws = new Draws(1);
        var source = new VisitSource(scenario, draws, []);
        RunRecorder recorder;
        await using (var engine = await EmbeddedEngine.OpenAsync(_folder.Path, catalog, draws, source.StartMicros))
        {
            var placement = engine.Catalog.Placements[0];
            var truth = new TasteModel(engine.Catalog, scenario.Tastes, draws, source.StartMicros);
            recorder = new RunRecorder(placement, truth, 1000);

            await new ShopRun(engine, placement, new Shopper(truth, scenario.Tastes, draws), recorder, new ShopRunOptions
            {
                StartMicros = source.StartMicros, EndMicros = source.StartMicros + 86_400_000_000, ObserveEveryMicros = 1, Observe = _ => Task.CompletedTask,
            }).RunAsync(StopAt(source.Visits(), 300, stop), stop.Token);
        }

        var recount = await RunVerification.RunAsync(_folder.Path);
        Assert.Equal(300, recorder.Decisions);
        Assert.Equal(300, recount.Decisions);
        Assert.True(recount.IsClean, string.Join("; ", recount.Findings));
    }

    [Fact]
    public void the_same_visit_shown_the_same_offer_ends_the_same_way_whatever_came_before()
    {
        var (scenario, catalogFolder) = ScenarioFile.Read("tight-budgets");
        var bag = new PmOrleans.Decisioning.Catalog.Diagnostics.DiagnosticBag();
        var catalog = CompiledCatalog.Of(PmOrleans.Node.Catalog.CatalogFolder.Read(catalogFolder, bag)!, new DateTimeOffset(scenario.Start));
        var draws = new Draws(1);
        var visits = new VisitSource(scenario, draws, []).Visits().Take(200).ToList();

        var forth = Clicks(visits);
        visits.Reverse();
        var back = Clicks(visits);

        Assert.Equal(forth.Order(), back.Order());
        Assert.InRange(forth.Count, 1, 199);

        List<long> Clicks(List<Visit> order)
        {
            var shopper = new Shopper(new TasteModel(catalog, scenario.Tastes, draws, 0), scenario.Tastes, draws);
            return [.. order.Where(visit => shopper.Respond(visit, new Answered("d", catalog.Offers[0], 1, null), "web").Clicked).Select(visit => visit.Number)];
        }
    }

    [Fact]
    public void a_shock_and_the_price_move_the_true_rate_the_way_they_say()
    {
        var (scenario, catalogFolder) = ScenarioFile.Read("tight-budgets");
        var bag = new PmOrleans.Decisioning.Catalog.Diagnostics.DiagnosticBag();
        var catalog = CompiledCatalog.Of(PmOrleans.Node.Catalog.CatalogFolder.Read(catalogFolder, bag)!, new DateTimeOffset(scenario.Start));
        var offer = catalog.Offers[0];
        const long day = 86_400_000_000;
        var options = new TasteOptions { Shocks = [new Shock { Day = 10, Offers = [offer.Id], Shift = -2 }], Season = 0, Spread = 0, Strength = 0, PriceSensitivity = 0, BaseRate = .04 };

        var truth = new TasteModel(catalog, options, new Draws(1), 0);

        Assert.Equal(.04, truth.ClickRate(0, offer, 9 * day), 6);
        Assert.Equal(1 / (1 + Math.Exp(Math.Log(.96 / .04) + 2)), truth.ClickRate(0, offer, 10 * day), 6);
    }

    private static IEnumerable<Visit> StopAt(IEnumerable<Visit> visits, int after, CancellationTokenSource stop)
    {
        foreach (var visit in visits)
        {
            if (visit.Number == after)
            {
                stop.Cancel();
            }

            yield return visit;
        }
    }
}
