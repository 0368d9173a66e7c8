using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Port;

namespace PmOrleans.Node.Customers;

/// <summary>Facts as people and programs read them, with the catalog's ids for its numbers.</summary>
/// <param name="version">Finds a published version of the catalog; <c>null</c> when it cannot be read any more.</param>
/// <param name="live">The version that is live.</param>
internal sealed class FactViews(Func<int, CatalogSnapshot?> version, Func<CatalogSnapshot> live)
{
    /// <summary>
    /// A cursor is the record's customer sequence and the fact's place in it: a batch of 1,000 impressions of whole answers is several thousand
    /// facts in one record. Up to 2^33 records a cursor is exact in JSON.
    /// </summary>
    private const int PlaceBits = 20;

    /// <param name="place">Of the fact in its record, from 0.</param>
    public static long Cursor(long customerSequence, int place) => (customerSequence << PlaceBits) | (uint)(place + 1);

    /// <summary>The customer sequence of the record that a cursor stands in.</summary>
    public static long RecordOf(long cursor) => cursor >> PlaceBits;

    /// <param name="explain">Whether a decision comes with its candidates.</param>
    /// <param name="decisionId">Of an outcome: whose it is, where that is known.</param>
    public FactView Of(long cursor, Fact fact, string customerId, bool explain = false, string? decisionId = null)
    {
        switch (fact)
        {
            case TouchpointFact touchpoint:
                return new FactView(
                    cursor, "touchpoint", touchpoint.AtMicros, touchpoint.ReceivedAtMicros, touchpoint.Late, touchpoint.Touchpoint, null, null);
            case DecisionFact decision:
                var catalog = version(decision.CatalogVersion) ?? live();
                return new FactView(
                    cursor,
                    "decision",
                    decision.AtMicros,
                    decision.AtMicros,
                    false,
                    null,
                    AnswerBuilder.Build(decision, customerId, catalog, explain, repeated: false),
                    null);
            case OutcomeFact outcome:
                return new FactView(
                    cursor, "outcome", outcome.AtMicros, outcome.AtMicros, outcome.Late, null, null, Of(outcome, live(), decisionId));
            case SegmentChangeFact change:
                return new FactView(cursor, "segmentChange", change.AtMicros, change.AtMicros, false, null, null, null)
                {
                    Segments = new SegmentChangeView(SegmentIds(change.Entered), SegmentIds(change.Left)),
                };
            default:
                return new FactView(cursor, KindOf(fact), 0, 0, false, null, null, null);
        }
    }

    public static OutcomeView Of(OutcomeFact outcome, CatalogSnapshot catalog, string? decisionId) => new(
        decisionId,
        catalog.Registry.IdOf(IdKind.Offer, outcome.Offer),
        catalog.Registry.IdOf(IdKind.Campaign, outcome.Campaign),
        outcome.Event.ToString().ToLowerInvariant(),
        outcome.AtMicros,
        outcome.Reward < 0 ? null : outcome.Reward,
        outcome.ValueMicros,
        outcome.SettledMicros,
        outcome.UnbilledMicros,
        outcome.ReleasedMicros,
        outcome.Late);

    private static string KindOf(Fact fact)
    {
        var name = fact.Kind.ToString();
        return char.ToLowerInvariant(name[0]) + name[1..];
    }

    private string[] SegmentIds(IEnumerable<int> numbers) =>
        [.. numbers.Select(number => live().Registry.IdOf(IdKind.Segment, number) ?? "")];
}
