using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Log;
using PmOrleans.Node.Owners;
using PmOrleans.Node.Retention;

namespace PmOrleans.Node.Verification;

/// <summary>
/// What the owners of a cluster have saved, counted again from the logs of all nodes, each up to where the owner stands in it. Ledgers and models are sums and are compared
/// wherever that is; segments and books of experiments hang together over the logs, and are compared where the owner stands at the end of all of them.
/// </summary>
internal sealed class OwnerPass
{
    private readonly OwnerRow? _campaigns;
    private readonly OwnerRow? _models;
    private readonly OwnerRow? _segments;

    private OwnerPass(OwnerRow? campaigns, OwnerRow? models, OwnerRow? segments) => (_campaigns, _models, _segments) = (campaigns, models, segments);

    /// <summary>Whether there is a cluster with owners.</summary>
    public bool HasAny => _campaigns is not null || _models is not null || _segments is not null;

    public static async Task<OwnerPass> LoadAsync(PostgresStore store, CancellationToken cancellation) => new(
        await store.LoadOwnerAsync(RangeOwner.RowOf(OwnerName.Campaigns), cancellation),
        await store.LoadOwnerAsync(RangeOwner.RowOf(OwnerName.Models), cancellation),
        await store.LoadOwnerAsync(RangeOwner.RowOf(OwnerName.Segments), cancellation));

    public void Verify(
        ClusterLog logs, IReadOnlyList<NodeEpoch> epochs, PublishedCatalogs catalogs, FindingList findings, List<string> notes, CancellationToken cancellation)
    {
        if (!HasAny)
        {
            return;
        }

        // Whether bounds were kept is the other pass's business: it sees the records in one order.
        var aside = new FindingList();
        var money = new MoneyRecount(catalogs, aside);
        var experiments = new ExperimentRecount(aside);
        var segments = new SegmentRecount(logs, aside);
        var models = new ModelRecount(catalogs, findings, notes);
        var saved = Guarded(findings, "models", () => _models is null ? [] : ModelBook.ReadState(_models.State)) ?? [];
        models.Expect(saved);
        Begin(logs, money, experiments, segments, models);
        foreach (var (node, row) in logs.ReadAll())
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var fact in Read(row))
            {
                if (Has(_campaigns, node, row))
                {
                    money.Apply(row.Sequence, row.Epoch, row.AtMicros, fact);
                    experiments.Apply(row.Customer, row.CustomerSequence, fact);
                }

                if (Has(_models, node, row))
                {
                    models.Apply(fact);
                }

                if (Has(_segments, node, row))
                {
                    segments.Apply(row, fact);
                }
            }
        }

        var ends = epochs.GroupBy(epoch => epoch.Node, StringComparer.Ordinal).ToDictionary(node => node.Key, node => node.Max(epoch => epoch.LastSequence), StringComparer.Ordinal);
        if (_campaigns is not null && StandsWithin(_campaigns, ends, findings))
        {
            Guarded(findings, "campaigns", () =>
            {
                var reader = new ByteReader(_campaigns.State);
                var (ledgers, books) = LedgerBook.ReadFigures(ref reader);
                money.Compare(ledgers, findings);
                if (StandsAt(_campaigns, ends, notes, "the books of experiments"))
                {
                    experiments.Compare(books, findings);
                }

                return ledgers;
            });
        }

        if (_models is not null && StandsWithin(_models, ends, findings))
        {
            Guarded(findings, "models", () =>
            {
                models.Compare(saved);
                return saved;
            });
        }

        if (_segments is not null && StandsWithin(_segments, ends, findings) && StandsAt(_segments, ends, notes, "the segments"))
        {
            Guarded(findings, "segments", () =>
            {
                using var book = new SegmentBook();
                book.Restore(_segments.State);
                return book.Read(fold =>
                {
                    segments.Compare(fold, findings);
                    return fold;
                });
            });
        }
    }

    /// <summary>Takes up where logs begin that were cut: no owner stands before that. A base that is damaged the other pass finds.</summary>
    private static void Begin(ClusterLog logs, MoneyRecount money, ExperimentRecount experiments, SegmentRecount segments, ModelRecount models)
    {
        try
        {
            if (LogBase.Load(logs) is not { } begin)
            {
                return;
            }

            money.Begin(begin.Ledgers);
            models.Begin(begin.Models);
            experiments.Begin(begin.Experiments);
            segments.Begin(begin.Flows);
            foreach (var (row, customer) in CustomerBases.All(logs))
            {
                experiments.Begin(row.Customer, customer.Bare.Experiments);
                segments.Begin(row.Customer, customer.Standing());
            }
        }
        catch (Exception damaged) when (damaged is CorruptDataException or InvalidDataException or ArgumentException or OverflowException)
        {
            return;
        }
    }

    private static List<Fact> Read(LogRow row)
    {
        try
        {
            return FactCodec.Read(row.Accounting, []);
        }
        catch (CorruptDataException)
        {
            // The other pass says so.
            return [];
        }
    }

    private static bool Has(OwnerRow? owner, string node, LogRow row) => owner is not null && row.Sequence <= owner.Watermarks.GetValueOrDefault(node);

    private static bool StandsWithin(OwnerRow owner, Dictionary<string, long> ends, FindingList findings)
    {
        foreach (var (node, watermark) in owner.Watermarks.Where(entry => entry.Value > ends.GetValueOrDefault(entry.Key)))
        {
            findings.Add(
                FindingKind.FactLost, $"log of {node}, by the watermark of owner {owner.Owner}", $"record {watermark}", $"end at {ends.GetValueOrDefault(node)}",
                watermark - ends.GetValueOrDefault(node));
        }

        return owner.Watermarks.All(entry => entry.Value <= ends.GetValueOrDefault(entry.Key));
    }

    private static bool StandsAt(OwnerRow owner, Dictionary<string, long> ends, List<string> notes, string what)
    {
        var missing = ends.Sum(end => end.Value - owner.Watermarks.GetValueOrDefault(end.Key));
        if (missing > 0)
        {
            notes.Add($"owner {owner.Owner} was saved {missing} records before the ends of the logs: {what} are not compared");
        }

        return missing == 0;
    }

    private static T? Guarded<T>(FindingList findings, string owner, Func<T> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (Exception damaged) when (damaged is CorruptDataException or InvalidDataException)
        {
            findings.Add(FindingKind.Unreadable, $"owner {owner}", "a saved state", damaged.Message);
            return null;
        }
    }
}
