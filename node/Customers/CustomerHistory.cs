using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Profiles;
using PmOrleans.Node.Log;
using PmOrleans.Node.Port;
using PmOrleans.Node.Privacy;
using PmOrleans.Node.Publishing;
using PmOrleans.Node.Retention;

namespace PmOrleans.Node.Customers;

/// <summary>A customer's facts from the log, for people and programs to read.</summary>
/// <remarks>The log may be cut meanwhile: a customer's records follow one another, so that whatever is missing is seen to be.</remarks>
internal sealed class CustomerHistory(ILogReader reader, CatalogStore catalogs)
{
    /// <summary>
    /// A cursor is the record's customer sequence and the fact's place in it: a batch of 1,000 impressions of whole answers is several thousand
    /// facts in one record. Up to 2^33 records a cursor is exact in JSON.
    /// </summary>
    private const int PlaceBits = 20;

    private const int Page = 256;

    public FactPage Read(string customerId, IdentityRow identity, long after, int limit)
    {
        var facts = new List<FactView>();
        var sequence = (after >> PlaceBits) - (after == 0 ? 0 : 1);
        long? cutBefore = null;
        while (true)
        {
            var rows = reader.ReadCustomer(identity.Customer, sequence, Page);
            if (IsCutAfter(identity, sequence, rows))
            {
                cutBefore = LogBegin.Load(reader)?.AtMicros;
            }

            foreach (var row in rows)
            {
                sequence = row.CustomerSequence;
                var inRecord = CustomerLoader.Decode(row, identity.DataKey);
                for (var i = 0; i < inRecord.Count; i++)
                {
                    var cursor = (row.CustomerSequence << PlaceBits) | (uint)(i + 1);
                    if (cursor <= after)
                    {
                        continue;
                    }

                    if (facts.Count == limit)
                    {
                        return new FactPage(facts, facts[^1].Sequence) { CutBeforeMicros = cutBefore };
                    }

                    facts.Add(View(cursor, inRecord[i], customerId));
                }
            }

            if (rows.Count < Page)
            {
                return new FactPage(facts, null) { CutBeforeMicros = cutBefore };
            }
        }
    }

    /// <returns><c>null</c> when the decision was cut from the log since its record was read.</returns>
    public DecisionView? ReadDecision(LogRow row, IdentityRow identity, DecisionFact fact, CatalogSnapshot catalog)
    {
        var customerId = FirstId(identity);
        var outcomes = new List<OutcomeView>();
        for (var after = row.CustomerSequence - 1; ;)
        {
            var rows = reader.ReadCustomer(identity.Customer, after, Page);
            if (IsCutAfter(identity, after, rows))
            {
                return null;
            }

            foreach (var later in rows)
            {
                after = later.CustomerSequence;
                outcomes.AddRange(CustomerLoader.Decode(later, identity.DataKey)
                    .OfType<OutcomeFact>()
                    .Where(outcome => outcome.DecisionSequence == row.CustomerSequence)
                    .Select(outcome => View(outcome, catalog, fact.DecisionId)));
            }

            if (rows.Count < Page)
            {
                break;
            }
        }

        return new DecisionView(AnswerBuilder.Build(fact, customerId, catalog, explain: true, repeated: false), fact.Context, outcomes);
    }

    /// <param name="rows">As they were read behind a sequence.</param>
    private bool IsCutAfter(IdentityRow identity, long sequence, IReadOnlyList<LogRow> rows) =>
        rows.Count > 0 ? rows[0].CustomerSequence > sequence + 1 : reader.LoadBase(identity.Customer) is { } cut && cut.CustomerSequence > sequence;

    /// <summary>The id the customer came into being with: the first record names it, or the base of what was cut. Empty of one who is being erased.</summary>
    private string FirstId(IdentityRow identity)
    {
        if (reader.ReadCustomer(identity.Customer, 0, 1) is [{ CustomerSequence: 1 } first])
        {
            return CustomerLoader.Decode(first, identity.DataKey).OfType<IdentityFact>().FirstOrDefault()?.Id ?? "";
        }

        return reader.LoadBase(identity.Customer) is { Personal.Length: > 0 } cut
            ? CustomerState.Read(identity.Customer, PersonalCipher.Decrypt(identity.DataKey, cut.Personal)).FirstId ?? ""
            : "";
    }

    private FactView View(long cursor, Fact fact, string customerId)
    {
        switch (fact)
        {
            case TouchpointFact touchpoint:
                return new FactView(
                    cursor, "touchpoint", touchpoint.AtMicros, touchpoint.ReceivedAtMicros, touchpoint.Late, touchpoint.Touchpoint, null, null);
            case DecisionFact decision:
                var catalog = catalogs.Version(decision.CatalogVersion) ?? catalogs.Live!;
                return new FactView(
                    cursor,
                    "decision",
                    decision.AtMicros,
                    decision.AtMicros,
                    false,
                    null,
                    AnswerBuilder.Build(decision, customerId, catalog, explain: false, repeated: false),
                    null);
            case OutcomeFact outcome:
                return new FactView(
                    cursor, "outcome", outcome.AtMicros, outcome.AtMicros, outcome.Late, null, null, View(outcome, catalogs.Live!, null));
            case SegmentChangeFact change:
                return new FactView(cursor, "segmentChange", change.AtMicros, change.AtMicros, false, null, null, null)
                {
                    Segments = new SegmentChangeView(SegmentIds(change.Entered), SegmentIds(change.Left)),
                };
            default:
                var name = fact.Kind.ToString();
                return new FactView(cursor, char.ToLowerInvariant(name[0]) + name[1..], 0, 0, false, null, null, null);
        }
    }

    private string[] SegmentIds(IEnumerable<int> numbers) =>
        [.. numbers.Select(number => catalogs.Live!.Registry.IdOf(IdKind.Segment, number) ?? "")];

    private static OutcomeView View(OutcomeFact outcome, CatalogSnapshot catalog, string? decisionId) => new(
        decisionId,
        catalog.Registry.IdOf(IdKind.Offer, outcome.Offer),
        catalog.Registry.IdOf(IdKind.Campaign, outcome.Campaign),
        outcome.Event.ToString().ToLowerInvariant(),
        outcome.AtMicros,
        outcome.Reward < 0 ? null : outcome.Reward,
        outcome.SettledMicros,
        outcome.UnbilledMicros,
        outcome.ReleasedMicros,
        outcome.Late);
}
