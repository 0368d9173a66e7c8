using System.Diagnostics;
using System.Globalization;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Node.Catalog;
using PmOrleans.Node.Customers;
using PmOrleans.Simulator.Chance;
using PmOrleans.Simulator.Measuring;
using PmOrleans.Simulator.Replay;
using PmOrleans.Simulator.Runs;
using PmOrleans.Simulator.Shop;
using PmOrleans.Simulator.Targets;
using PmOrleans.Simulator.Terminal;
using PmOrleans.Simulator.Truth;

namespace PmOrleans.Simulator.Population;

/// <summary>Plays a population against every arm of a scenario: the same customers, visits and luck, a store of its own for each.</summary>
public static class PopulationRun
{
    private const long DayMicros = 86_400_000_000;
    private const int Looks = 30;
    private const int SampledCustomers = 250;

    /// <param name="keepIn">Folder in which the arms' stores stay; <c>null</c>: temporary ones.</param>
    /// <exception cref="InputException">The scenario or its catalog cannot be used.</exception>
    public static async Task<RunDocument> RunAsync(Scenario scenario, string catalogFolder, string? keepIn, CancellationToken cancellation)
    {
        var startedAt = DateTimeOffset.UtcNow;
        var began = Stopwatch.GetTimestamp();
        var draws = new Draws(scenario.Seed);
        var catalog = Compile(catalogFolder, scenario.Start);
        var placement = ReplayRun.PlacementOf(catalog, scenario.Placement);
        var visits = new VisitSource(scenario, draws, [.. catalog.Offers.Select(offer => offer.Category).OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)]);
        var arms = new List<(ArmDocument Document, CustomerTally[] PerCustomer)>();
        string? interrupted = null;
        BoundDocument? bound = null;
        foreach (var arm in scenario.Arms)
        {
            if (interrupted is not null)
            {
                break;
            }

            var played = arm.Best
                ? await PlayBestAsync(arm, scenario, catalogFolder, placement, visits, draws, keepIn, cancellation)
                : await PlayAsync(arm, arm.Name, null, null, scenario, catalogFolder, placement, visits, draws, keepIn, cancellation);
            arms.Add((played.Document, played.PerCustomer));
            interrupted = played.Interrupted is { } stopped ? $"arm {arm.Name}: {stopped}" : null;
            bound ??= played.Bound;
        }

        return new RunDocument
        {
            Kind = "population",
            Title = scenario.Name.Length > 0 ? scenario.Name : "Population",
            StartedAt = startedAt,
            Seconds = Stopwatch.GetElapsedTime(began).TotalSeconds,
            Machine = Machine.Describe(),
            Commit = Machine.Commit(),
            Interrupted = interrupted,
            Settings = Settings(scenario, catalogFolder, placement),
            Notes =
            [
                "All arms meet the same visits with the same luck (common random numbers); differences are paired by customer.",
                "Expected clicks and expected value use the true rates of what was shown: they are what clicks are without their luck.",
            ],
            Arms = [.. arms.Select(arm => arm.Document)],
            Bound = bound,
            // An arm that was stopped has met other visits than the others.
            Comparisons = interrupted is null ? Comparison.Of([.. arms.Select(arm => (arm.Document.Name, arm.PerCustomer))]) : [],
        };
    }

    /// <summary>Twice where money is short: to learn what it was worth, and with that.</summary>
    private static async Task<PlayedArm> PlayBestAsync(
        Arm arm, Scenario scenario, string catalogFolder, Placement placement, VisitSource visits, Draws draws, string? keepIn, CancellationToken cancellation)
    {
        using var first = new RunFolder(null);
        var played = await PlayAsync(arm, $"{arm.Name}, finding prices", first, null, scenario, catalogFolder, placement, visits, draws, keepIn, cancellation);
        var prices = MoneyPrices.Of(played.Survey!);
        if (played.Interrupted is not null)
        {
            return played;
        }

        played = await PlayAsync(arm, arm.Name, null, prices, scenario, catalogFolder, placement, visits, draws, keepIn, cancellation);
        return played.Interrupted is null ? played with { Bound = MoneyPrices.Of(played.Survey!).ToDocument() } : played;
    }

    /// <param name="rehearsal">Folder of a run whose log is not to be judged; <c>null</c>: one that counts.</param>
    private static async Task<PlayedArm> PlayAsync(
        Arm arm, string title, RunFolder? rehearsal, MoneyPrices? prices, Scenario scenario, string catalogFolder, Placement placement, VisitSource visits, Draws draws,
        string? keepIn, CancellationToken cancellation)
    {
        using var catalogOfArm = new RunFolder(null);
        ArmCatalog.Write(catalogFolder, placement, arm, catalogOfArm.Path);
        using var folder = new RunFolder(rehearsal?.Path ?? (keepIn is null ? null : Path.Combine(keepIn, arm.Name)));
        PlayedArm played;
        string? interrupted = null;
        await using (var engine = await EmbeddedEngine.OpenAsync(folder.Path, catalogOfArm.Path, draws, visits.StartMicros))
        {
            var mine = engine.Catalog.PlacementById[placement.Id];
            var truth = new TasteModel(engine.Catalog, scenario.Tastes, draws, visits.StartMicros);
            var recorder = new RunRecorder(mine, truth, scenario.DecisionsOrDefault);
            recorder.Expect(scenario.Customers);
            var observer = new RunObserver(engine.View, engine.Catalog, visits.StartMicros, Sample(scenario.Customers));
            var survey = arm.Best ? new VisitSurvey(engine.Catalog, truth, scenario.DecisionsOrDefault) : null;
            var began = Stopwatch.GetTimestamp();
            await LongTask.RunAsync(title, scenario.DecisionsOrDefault, "decisions", async progress =>
            {
                recorder.OnDecision = () => progress(recorder.Decisions + recorder.Refused);
                try
                {
                    var end = visits.StartMicros + (scenario.Days * DayMicros);
                    await new ShopRun(engine, mine, new Shopper(truth, scenario.Tastes, draws), recorder, new ShopRunOptions
                    {
                        StartMicros = visits.StartMicros,
                        EndMicros = end + (2 * DayMicros),
                        ObserveEveryMicros = Math.Max(1, scenario.Days * DayMicros / Looks),
                        Observe = observer.LookAsync,
                        Choose = survey is null ? new PolicyChooser() : new BestChooser(engine.Catalog, mine, truth, prices, survey),
                    }).RunAsync(visits.Visits(), cancellation);
                    interrupted = cancellation.IsCancellationRequested ? "stopped by the user" : null;
                }
                catch (NodeUnavailableException lost)
                {
                    interrupted = $"the engine was lost: {lost.Message}";
                }

                return 0;
            });
            var document = recorder.ToDocument(arm.Name, Stopwatch.GetElapsedTime(began).TotalSeconds, engine.Catalog.Currency, observer);
            played = new PlayedArm(document, recorder.PerCustomer.ToArray(), interrupted, survey);
        }

        return rehearsal is null || interrupted is not null ? played with { Document = played.Document with { Verification = await RunVerification.RunAsync(folder.Path) } } : played;
    }

    private static CatalogSnapshot Compile(string folder, DateTime now)
    {
        var bag = new DiagnosticBag();
        var bundle = CatalogFolder.Read(folder, bag) ?? throw new InputException($"the catalog in {folder} cannot be read: {bag.ToList()[0]}");
        return CompiledCatalog.Of(bundle, new DateTimeOffset(DateTime.SpecifyKind(now, DateTimeKind.Utc)));
    }

    private static List<string> Sample(int customers)
    {
        var every = Math.Max(1, customers / SampledCustomers);
        return [.. Enumerable.Range(0, customers).Where(i => i % every == 0).Take(SampledCustomers).Select(VisitSource.IdOf)];
    }

    private static Dictionary<string, string> Settings(Scenario scenario, string catalogFolder, Placement placement) => new(StringComparer.Ordinal)
    {
        ["scenario"] = scenario.Name,
        ["customers"] = scenario.Customers.ToString("N0", CultureInfo.InvariantCulture),
        ["decisions of each arm"] = scenario.DecisionsOrDefault.ToString("N0", CultureInfo.InvariantCulture),
        ["days"] = scenario.Days.ToString(CultureInfo.InvariantCulture),
        ["from"] = scenario.Start.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        ["catalog"] = Path.GetFileName(catalogFolder),
        ["placement"] = placement.Id,
        ["seed"] = scenario.Seed.ToString(CultureInfo.InvariantCulture),
        ["tastes"] = string.Create(CultureInfo.InvariantCulture, $"{scenario.Tastes.Dimensions} dimensions, strength {scenario.Tastes.Strength}, base rate {scenario.Tastes.BaseRate}, spread {scenario.Tastes.Spread}, price sensitivity {scenario.Tastes.PriceSensitivity}, season {scenario.Tastes.Season}, drift {scenario.Tastes.DriftPerWeek} a week, {scenario.Tastes.Shocks.Count} shocks"),
    };

    private sealed record PlayedArm(ArmDocument Document, CustomerTally[] PerCustomer, string? Interrupted, VisitSurvey? Survey, BoundDocument? Bound = null);
}
