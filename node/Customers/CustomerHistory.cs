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
    private const int Page = 256;

    private readonly FactViews _views = new(version => catalogs.Version(version), () => catalogs.Live!);

    public FactPage Read(string customerId, IdentityRow identity, long after, int limit)
    {
        var shown = new List<(long Cursor, Fact Fact)>();
        var sequenceToDecision = new Dictionary<long, string?>();
        var isMore = Collect(identity, after, limit, shown, sequenceToDecision, out var cutBefore);
        FindDecisions(identity, shown, sequenceToDecision);
        var facts = shown.ConvertAll(one => _views.Of(
            one.Cursor, one.Fact, customerId, decisionId: one.Fact is OutcomeFact outcome ? sequenceToDecision.GetValueOrDefault(outcome.DecisionSequence) : null));
        return new FactPage(facts, isMore ? shown[^1].Cursor : null) { CutBeforeMicros = cutBefore };
    }

    /// <returns>Whether there is more behind the limit.</returns>
    private bool Collect(
        IdentityRow identity, long after, int limit, List<(long Cursor, Fact Fact)> shown, Dictionary<long, string?> sequenceToDecision, out long? cutBefore)
    {
        cutBefore = null;
        for (var sequence = FactViews.RecordOf(after) - (after == 0 ? 0 : 1); ;)
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
                    var cursor = FactViews.Cursor(row.CustomerSequence, i);
                    if (inRecord[i] is DecisionFact decision)
                    {
                        sequenceToDecision[row.CustomerSequence] = decision.DecisionId;
                    }

                    if (cursor <= after)
                    {
                        continue;
                    }

                    if (shown.Count == limit)
                    {
                        return true;
                    }

                    shown.Add((cursor, inRecord[i]));
                }
            }

            if (rows.Count < Page)
            {
                return false;
            }
        }
    }

    /// <summary>The decisions that outcomes answer are read for themselves, together, where they are not in the records that were read anyway; none for those that were cut.</summary>
    private void FindDecisions(IdentityRow identity, List<(long Cursor, Fact Fact)> shown, Dictionary<long, string?> sequenceToDecision)
    {
        var missing = shown
            .Select(one => one.Fact is OutcomeFact outcome ? outcome.DecisionSequence : 0)
            .Where(sequence => sequence != 0 && !sequenceToDecision.ContainsKey(sequence))
            .Distinct()
            .ToList();
        if (missing.Count == 0)
        {
            return;
        }

        foreach (var row in reader.ReadRecords(identity.Customer, missing))
        {
            sequenceToDecision[row.CustomerSequence] = CustomerLoader.Decode(row, identity.DataKey).OfType<DecisionFact>().FirstOrDefault()?.DecisionId;
        }
    }

    /// <returns><c>null</c> when the decision was cut from the log since its record was read.</returns>
    public DecisionView? ReadDecision(LogRow row, IdentityRow identity, DecisionFact fact, CatalogSnapshot catalog)
    {
        var customerId = FirstId(reader, identity);
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
                    .Select(outcome => FactViews.Of(outcome, catalog, fact.DecisionId)));
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
    public static string FirstId(ILogReader reader, IdentityRow identity)
    {
        if (reader.ReadCustomer(identity.Customer, 0, 1) is [{ CustomerSequence: 1 } first])
        {
            return CustomerLoader.Decode(first, identity.DataKey).OfType<IdentityFact>().FirstOrDefault()?.Id ?? "";
        }

        return reader.LoadBase(identity.Customer) is { Personal.Length: > 0 } cut
            ? CustomerState.Read(identity.Customer, PersonalCipher.Decrypt(identity.DataKey, cut.Personal)).FirstId ?? ""
            : "";
    }
}
