using PmOrleans.Decisioning.Attribution;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Profiles;
using PmOrleans.Decisioning.Segments;
using PmOrleans.Node.Log;

namespace PmOrleans.Node.Customers;

/// <summary>What became of one customer's part of a batch.</summary>
public readonly record struct IngestCounts(int Accepted, int Duplicates, int Unprotected);

/// <content>Taking touchpoints in.</content>
public sealed partial class CustomerCommands
{
    /// <summary>What is said of a touchpoint that claims to be from before an erasure.</summary>
    internal const string BeforeErasure = "is from before this customer was erased";

    /// <summary>Applies one customer's touchpoints of a batch, in order, as one record. Under the cell's lock, the cell ready.</summary>
    /// <param name="rejected">Receives what an erased customer's tombstone drops, by position in <paramref name="touchpoints"/>.</param>
    public CommandResult<IngestCounts> Ingest(
        CustomerCell cell,
        IReadOnlyList<Touchpoint> touchpoints,
        DecisionEnvironment environment,
        Action<int, string, string> rejected)
    {
        var scratch = CommandScratch.Current;
        scratch.Begin();
        var state = StateFor(cell, environment, out var isNew);
        var now = Now(state);
        var sequence = state.Sequence + 1;
        int accepted = 0, duplicates = 0, unprotected = 0;
        for (var i = 0; i < touchpoints.Count; i++)
        {
            var touchpoint = touchpoints[i];
            if (IsErasedMessage(cell.Tombstone, touchpoint))
            {
                duplicates++;
                continue;
            }

            if (IsBeforeErasure(cell.Tombstone, touchpoint))
            {
                rejected(i, "at", BeforeErasure);
                continue;
            }

            if (scratch.Facts.Count == 0)
            {
                // Only now is it certain that there is something to write.
                Begin(state, isNew, touchpoint.CustomerId, now, sequence, environment, scratch);
            }

            if (!Take(cell, state, touchpoint, now, sequence, environment, scratch))
            {
                duplicates++;
                continue;
            }

            accepted++;
            unprotected += touchpoint.MessageId is null ? 1 : 0;
        }

        if (scratch.Facts.Count > 0)
        {
            SegmentTracker.Advance(state, now, sequence, environment, scratch.Workspace, scratch.Facts);
        }

        var counts = new IngestCounts(accepted, duplicates, unprotected);
        return scratch.Facts.Count == 0
            ? new CommandResult<IngestCounts>(counts, null, false)
            : Queue(cell, state, scratch, counts, isNew, default);
    }

    /// <returns>Whether it is none that was taken before.</returns>
    private bool Take(
        CustomerCell cell, CustomerState state, Touchpoint touchpoint, long now, long sequence, DecisionEnvironment environment, CommandScratch scratch)
    {
        var result = TouchpointIntake.Take(state, touchpoint, now, sequence, environment, scratch.Workspace, scratch.Facts);
        if (result == IntakeResult.AnswersClosed)
        {
            TouchpointIntake.TakeClosed(
                state, touchpoint, ClosedDecision(cell, state, touchpoint.DecisionId!), now, sequence, environment, scratch.Workspace, scratch.Facts);
        }

        return result != IntakeResult.Duplicate;
    }

    /// <summary>The customer's decision out of the log; <c>null</c> for another customer's, one that was cut, one nobody made.</summary>
    /// <exception cref="NodeLogException">The log cannot be read.</exception>
    private DecisionFact? ClosedDecision(CustomerCell cell, CustomerState state, string decisionId) =>
        cell.DataKey is { } key && log.Reader.FindDecision(hashes.Decision.Hash128(decisionId)) is { } row && row.Customer == state.Key
            ? CustomerLoader.Decode(row, key).OfType<DecisionFact>().FirstOrDefault()
            : null;

    private bool IsErasedMessage(TombstoneRow? tombstone, Touchpoint touchpoint) =>
        tombstone is not null && touchpoint.MessageId is { } id && Tombstones.Knows(tombstone, hashes.Message.Hash64(id));

    private static bool IsBeforeErasure(TombstoneRow? tombstone, Touchpoint touchpoint) =>
        tombstone is not null && touchpoint.AtMicros is { } at && at <= tombstone.ErasedAtMicros;
}
