using PmOrleans.Decisioning.Attribution;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Profiles;
using PmOrleans.Decisioning.Segments;

namespace PmOrleans.Node.Customers;

/// <content>Deciding.</content>
public sealed partial class CustomerCommands
{
    private long _unknownZones;

    /// <summary>How often quiet hours were asked for a customer whose time zone is none that exists.</summary>
    public long UnknownZones => Interlocked.Read(ref _unknownZones);

    /// <summary>Applies the request's touchpoints, decides, queues the record. Under the cell's lock, the cell ready.</summary>
    /// <param name="placements">The request's, in this environment's catalog.</param>
    public CommandResult<DecisionAnswer> Decide(
        CustomerCell cell,
        DecisionRequest request,
        ReadOnlySpan<Placement> placements,
        string decisionId,
        UInt128 decisionHash,
        DecisionEnvironment environment)
    {
        var scratch = CommandScratch.Current;
        scratch.Begin();
        var state = StateFor(cell, environment, out var isNew);
        var decision = Fold(cell, state, isNew, request, placements, decisionId, decisionHash, environment, scratch);
        Interlocked.Add(ref _unknownZones, scratch.Workspace.UnknownZones);
        var answer = AnswerBuilder.Build(decision, request.CustomerId, environment.Catalog, request.Explain, repeated: false);
        return Queue(cell, state, scratch, answer, isNew, decisionHash);
    }

    /// <summary>Decides on a copy and gives everything back: no customer, no lease, no fact.</summary>
    public DecisionAnswer DryRun(
        CustomerCell cell,
        DecisionRequest request,
        ReadOnlySpan<Placement> placements,
        string decisionId,
        UInt128 decisionHash,
        DecisionEnvironment environment)
    {
        var scratch = CommandScratch.Current;
        scratch.Begin();
        var state = cell.State?.Clone() ?? NewState(cell, environment);
        var decision = Fold(cell, state, cell.State is null, request, placements, decisionId, decisionHash, environment, scratch);
        foreach (var move in scratch.Workspace.Moves)
        {
            move.Undo();
        }

        return AnswerBuilder.Build(decision, request.CustomerId, environment.Catalog, request.Explain, repeated: false);
    }

    private DecisionFact Fold(
        CustomerCell cell,
        CustomerState state,
        bool isNew,
        DecisionRequest request,
        ReadOnlySpan<Placement> placements,
        string decisionId,
        UInt128 decisionHash,
        DecisionEnvironment environment,
        CommandScratch scratch)
    {
        var now = Now(state);
        var sequence = state.Sequence + 1;
        Begin(state, isNew, request.CustomerId, now, sequence, environment, scratch);
        foreach (var touchpoint in request.Touchpoints)
        {
            if (IsErasedMessage(cell.Tombstone, touchpoint) || IsBeforeErasure(cell.Tombstone, touchpoint))
            {
                // What an erased customer did before must not come back by this way either.
                continue;
            }

            Take(cell, state, touchpoint, now, sequence, environment, scratch);
        }

        SegmentTracker.Advance(state, now, sequence, environment, scratch.Workspace, scratch.Facts);
        var decision = Decider.Decide(state, request, placements, decisionId, decisionHash, now, environment, scratch.Workspace);
        foreach (var assigned in scratch.Workspace.Assigned)
        {
            scratch.Facts.Add(assigned);
            state.Apply(assigned, sequence, environment.Catalog);
        }

        scratch.Facts.Add(decision);
        state.Apply(decision, sequence, environment.Catalog);
        return decision;
    }

    /// <summary>What stands first in every record: who this is, when new, and the windows that have ended.</summary>
    private static void Begin(
        CustomerState state,
        bool isNew,
        string customerId,
        long now,
        long sequence,
        DecisionEnvironment environment,
        CommandScratch scratch)
    {
        if (isNew)
        {
            var identity = new IdentityFact(customerId);
            scratch.Facts.Add(identity);
            state.Apply(identity, sequence, environment.Catalog);
        }

        WindowExpiry.Advance(state, now, sequence, environment, scratch.Workspace, scratch.Facts);
    }
}
