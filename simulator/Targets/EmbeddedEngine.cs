using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Embedded;
using PmOrleans.Node.Log;
using PmOrleans.Node.Port;
using PmOrleans.Node.Publishing;
using PmOrleans.Node.Time;
using PmOrleans.Simulator.Chance;
using PmOrleans.Simulator.Runs;
using PmOrleans.Simulator.Shop;

namespace PmOrleans.Simulator.Targets;

/// <summary>The engine in this process, on a simulated clock, stepped: one thread's commands give the same run every time.</summary>
internal sealed class EmbeddedEngine : IEngine
{
    private readonly SimulatedClock _clock;

    private EmbeddedEngine(EmbeddedNode node, SimulatedClock clock, CatalogSnapshot catalog) => (Node, _clock, Catalog, View) = (node, clock, catalog, new NodeView(node));

    public EmbeddedNode Node { get; }

    public CatalogSnapshot Catalog { get; }

    public IEngineView View { get; }

    public long SpanMicros => 0;

    /// <param name="dataFolder">Of a new store.</param>
    /// <exception cref="InputException">The catalog has errors, or the folder holds a store.</exception>
    public static async Task<EmbeddedEngine> OpenAsync(string dataFolder, string catalogFolder, Draws draws, long startMicros)
    {
        if (Directory.Exists(dataFolder) && Directory.EnumerateFileSystemEntries(dataFolder).Any())
        {
            throw new InputException($"{dataFolder} is not empty: a run begins with a store of its own");
        }

        var clock = new SimulatedClock(Micros.ToTime(startMicros));
        var options = new EmbeddedNodeOptions
        {
            DataFolder = dataFolder,
            CatalogFolder = catalogFolder,
            Commit = CommitMode.Async,
            Stepped = true,
            MaxQueuedBytes = 1L << 30,
            ConfigureLog = log => log with { NewSecret = draws.Secret(), MaxBatchRecords = 4096, MaxBatchBytes = 16 << 20, FlushInterval = TimeSpan.FromMilliseconds(200) },
        };
        try
        {
            var node = await EmbeddedNode.OpenAsync(options, clock);
            var live = (await node.ReadCatalogAsync()).Value!;
            return new EmbeddedEngine(node, clock, CompiledCatalog.Of(live.Bundle, Micros.ToTime(startMicros)));
        }
        catch (Exception wrong) when (wrong is CatalogRejectedException or NodeLogException)
        {
            throw new InputException(wrong.Message, wrong);
        }
    }

    public async ValueTask<Answered> DecideAsync(DecisionRequest request)
    {
        if (request is { DryRun: true, AtMicros: { } at })
        {
            // A dry run leaves the clock where it is; here the run drives it.
            _clock.AdvanceTo(at);
        }

        return Of(await Node.DecideAsync(request));
    }

    public async ValueTask<int> IngestAsync(IReadOnlyList<Touchpoint> touchpoints)
    {
        var reply = await Node.IngestAsync(touchpoints);
        return reply.Value is { } answer ? answer.Rejected.Count : touchpoints.Count;
    }

    public ValueTask StepAsync(long atMicros) => new(Node.StepAsync(atMicros));

    public bool MustStep(long atMicros) => atMicros >= Node.NextStepMicros;

    public ValueTask DisposeAsync() => Node.DisposeAsync();

    private Answered Of(Reply<DecisionAnswer> reply)
    {
        if (reply.Value is not { } answer)
        {
            var refusal = reply.Refusal!;
            return new Answered("", null, 0, refusal.Errors?.FirstOrDefault() is { Value: [var wrong, ..] } first ? $"{refusal.Detail}: {first.Key} {wrong}" : refusal.Detail);
        }

        var placement = answer.Placements[0];
        return placement.Offers is [{ Fallback: false } offer, ..]
            ? new Answered(answer.DecisionId, Catalog.OfferById[offer.OfferId], offer.Propensity ?? 0, null, placement.Candidates)
            : new Answered(answer.DecisionId, null, 0, null, placement.Candidates);
    }
}
