using PmOrleans.Decisioning.Caps;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Profiles;

namespace PmOrleans.Decisioning.Decisions;

/// <summary>
/// Decides: profile, request and node in, one fact out. Reads the state and never changes it; takes money from the leases, listed in
/// <see cref="DecisionWorkspace.Moves"/> for the caller to keep or undo.
/// </summary>
public static class Decider
{
    /// <param name="placements">The request's placements in this catalog, in the request's order.</param>
    /// <param name="decisionHash">Keyed hash of the decision id: seed of every draw.</param>
    /// <param name="nowMicros">Customer time, not before the state's last.</param>
    public static DecisionFact Decide(
        CustomerState state,
        DecisionRequest request,
        ReadOnlySpan<Placement> placements,
        string decisionId,
        UInt128 decisionHash,
        long nowMicros,
        DecisionEnvironment environment,
        DecisionWorkspace workspace)
    {
        var catalog = environment.Catalog;
        workspace.Begin(catalog.CapScopes.Length);
        workspace.Input.Begin(catalog, state, request.Context, nowMicros, environment.Rfm);
        CapUse.Begin(state, catalog, nowMicros, workspace);

        var decided = new PlacementDecision[placements.Length];
        Span<int> traceStarts = stackalloc int[placements.Length + 1];
        for (var i = 0; i < placements.Length; i++)
        {
            traceStarts[i] = workspace.Trace.Length;
            var slate = new PlacementSlate(state, request, request.Placements[i], placements[i], decisionHash, nowMicros, environment, workspace);
            decided[i] = slate.Decide();
        }

        traceStarts[placements.Length] = workspace.Trace.Length;
        for (var i = 0; i < decided.Length; i++)
        {
            decided[i].Trace = workspace.Trace.WrittenMemory[traceStarts[i]..traceStarts[i + 1]];
        }

        workspace.Input.End();
        return new DecisionFact
        {
            AtMicros = nowMicros,
            CatalogVersion = catalog.Version,
            DecisionId = decisionId,
            DecisionHash = decisionHash,
            BodyHash = request.BodyHash,
            Context = request.Context,
            Placements = decided,
        };
    }
}
