using System.Diagnostics;
using System.Globalization;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Form;
using PmOrleans.Node.Customers;
using PmOrleans.Node.Time;
using PmOrleans.Simulator.Chance;
using PmOrleans.Simulator.Input;
using PmOrleans.Simulator.Measuring;
using PmOrleans.Simulator.Runs;
using PmOrleans.Simulator.Shop;
using PmOrleans.Simulator.Targets;
using PmOrleans.Simulator.Terminal;
using PmOrleans.Simulator.Truth;

namespace PmOrleans.Simulator.Replay;

/// <summary>Replays a real log: its touchpoints at their times, a decision for every visit, responses from the declared tastes.</summary>
public static class ReplayRun
{
    private const long Day = 86_400_000_000;
    private const int Looks = 40;
    private const int SampledCustomers = 250;

    /// <summary>Each costs a request at every look.</summary>
    private const int SampledOverHttp = 50;


    /// <exception cref="InputException">The file, the mapping, the catalog or an option cannot be used.</exception>
    public static async Task<RunDocument> RunAsync(ReplayOptions options, CancellationToken cancellation)
    {
        var startedAt = DateTimeOffset.UtcNow;
        var began = Stopwatch.GetTimestamp();
        var draws = new Draws(options.Seed);
        var name = options.Mapping ?? MappingFile.Guess(options.File)
            ?? throw new InputException($"no mapping fits the name of {options.File}: give one with --mapping, a file or one of {string.Join(", ", MappingFile.Shipped)}");
        var mapping = MappingFile.Read(name);
        var tastes = TastesFile.Read(options.Tastes);
        var log = VisitLog.Read(options.File, mapping, draws, options.Strict, cancellation);
        if (options.Limit < log.Visits.Count)
        {
            log = log with { Visits = [.. log.Visits.Take((int)options.Limit)] };
        }

        if (options.Start is { } start)
        {
            log = log.StartingAt(Micros.From(start));
        }

        var readSeconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        var notes = new List<string>
        {
            "Responses are simulated: clicks and purchases after them come from the declared tastes, the log's own touchpoints from the file.",
        };
        notes.AddRange(log.Broken.Select(line => $"{Path.GetFileName(options.File)}, {line}: left out"));
        if (log.BrokenLines > log.Broken.Count)
        {
            notes.Add($"{log.BrokenLines - log.Broken.Count} more broken lines were left out");
        }

        await using var run = await TargetOfRun.OpenAsync(options, mapping, log, draws, notes);
        var placement = PlacementOf(run.Engine.Catalog, options.Placement);
        var unknown = log.Visits.Where(visit => visit.Logged is { } logged && !run.Engine.Catalog.OfferById.ContainsKey(logged.OfferId)).ToList();
        if (unknown.Count > 0)
        {
            notes.Add($"{unknown.Count} of {log.Visits.Count} logged decisions showed offers that the catalog has not, such as '{Labels.Shown(unknown[0].Logged!.OfferId)}': nothing drawn here can match them");
        }

        var (arm, interrupted) = await PlayAsync(run, placement, run.Log, tastes, draws, cancellation);
        var verification = await run.CloseAndVerifyAsync(notes);
        return new RunDocument
        {
            Kind = "replay",
            Title = $"Replay of {Path.GetFileName(options.File)}",
            StartedAt = startedAt,
            Seconds = Stopwatch.GetElapsedTime(began).TotalSeconds,
            Machine = Machine.Describe(),
            Commit = Machine.Commit(),
            Interrupted = interrupted,
            Settings = Settings(options, name, log, run, placement, readSeconds),
            Notes = notes,
            Arms = [arm with { Verification = verification }],
        };
    }

    private static async Task<(ArmDocument Arm, string? Interrupted)> PlayAsync(
        TargetOfRun run, Placement placement, VisitLog log, TasteOptions tastes, Draws draws, CancellationToken cancellation)
    {
        var engine = run.Engine;
        var start = log.Visits[0].AtMicros;
        var end = log.Visits[^1].AtMicros;
        var truth = new TasteModel(engine.Catalog, tastes, draws, start);
        var recorder = new RunRecorder(placement, truth, log.Visits.Count);
        recorder.Expect(log.Customers);
        var observer = new RunObserver(engine.View, engine.Catalog, start, Sample(log, engine is EmbeddedEngine ? SampledCustomers : SampledOverHttp));
        var began = Stopwatch.GetTimestamp();
        string? interrupted = null;
        await LongTask.RunAsync("replay", log.Visits.Count, "decisions", async progress =>
        {
            recorder.OnDecision = () => progress(recorder.Decisions + recorder.Refused);
            try
            {
                await new ShopRun(engine, placement, new Shopper(truth, tastes, draws), recorder, new ShopRunOptions
                {
                    StartMicros = start,
                    EndMicros = end + (2 * Day),
                    ObserveEveryMicros = Math.Max(1, (end - start) / Looks),
                    Observe = observer.LookAsync,
                    Pace = run.Pace,
                }).RunAsync(log.Visits, cancellation);
                interrupted = cancellation.IsCancellationRequested ? "stopped by the user" : null;
            }
            catch (Exception lost) when (lost is EngineLostException or NodeUnavailableException)
            {
                interrupted = $"the engine was lost: {lost.Message}";
            }
            catch (OperationCanceledException)
            {
                interrupted = "stopped by the user";
            }

            return 0;
        });
        return (recorder.ToDocument(placement.Policy.Id, Stopwatch.GetElapsedTime(began).TotalSeconds, engine.Catalog.Currency, observer), interrupted);
    }

    /// <exception cref="InputException">The catalog has no such placement.</exception>
    internal static Placement PlacementOf(CatalogSnapshot catalog, string? id) =>
        id is null ? catalog.Placements.FirstOrDefault() ?? throw new InputException("the catalog has no placement")
        : catalog.PlacementById.TryGetValue(id, out var placement) ? placement
        : throw new InputException($"the catalog has no placement '{id}'; there are {string.Join(", ", catalog.Placements.Select(known => known.Id))}");

    private static List<string> Sample(VisitLog log, int customers)
    {
        var ids = log.Visits.Select(visit => visit.CustomerId).Distinct(StringComparer.Ordinal).ToList();
        var every = Math.Max(1, ids.Count / customers);
        return [.. ids.Where((_, i) => i % every == 0).Take(customers)];
    }

    private static Dictionary<string, string> Settings(
        ReplayOptions options, string mapping, VisitLog log, TargetOfRun run, Placement placement, double readSeconds) => new(StringComparer.Ordinal)
    {
        ["file"] = Path.GetFileName(options.File),
        ["mapping"] = mapping,
        ["lines read"] = log.Lines.ToString("N0", CultureInfo.InvariantCulture),
        ["broken lines"] = log.BrokenLines.ToString("N0", CultureInfo.InvariantCulture),
        ["visits"] = log.Visits.Count.ToString("N0", CultureInfo.InvariantCulture),
        ["customers"] = log.Customers.ToString("N0", CultureInfo.InvariantCulture),
        ["from"] = Micros.ToText(run.Log.Visits[0].AtMicros),
        ["to"] = Micros.ToText(run.Log.Visits[^1].AtMicros),
        ["engine"] = options.Url?.ToString() ?? "embedded",
        ["catalog"] = run.CatalogName,
        ["placement"] = placement.Id,
        ["seed"] = options.Seed.ToString(CultureInfo.InvariantCulture),
        ["reading the file"] = readSeconds.ToString("F2", CultureInfo.InvariantCulture) + " s",
    };
}
