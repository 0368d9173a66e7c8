using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Simulator.Runs;

namespace PmOrleans.Simulator.Shop;

/// <summary>The side that decides, in this process or behind HTTP.</summary>
internal interface IEngine : IAsyncDisposable
{
    /// <summary>The catalog it decides with.</summary>
    CatalogSnapshot Catalog { get; }

    /// <summary>What can be seen of it from outside.</summary>
    IEngineView View { get; }

    /// <summary>How far apart in simulated time requests may be that run at the same time; 0: one after the other.</summary>
    long SpanMicros { get; }

    /// <summary>Asks for one offer at one placement.</summary>
    ValueTask<Answered> DecideAsync(DecisionRequest request);

    /// <summary>Returns how many were not taken.</summary>
    ValueTask<int> IngestAsync(IReadOnlyList<Touchpoint> touchpoints);

    /// <summary>Makes the time <paramref name="atMicros"/> and everything up to it durable and learned, as far as the engine is ours to step.</summary>
    ValueTask StepAsync(long atMicros);

    /// <summary>Whether a step must come before a request at this time.</summary>
    bool MustStep(long atMicros);
}
