using System.Globalization;
using System.Runtime.InteropServices;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Identity;
using PmOrleans.Node.Log;
using PmOrleans.Node.Projections;
using PmOrleans.Node.Retention;
using PmOrleans.Node.Time;

namespace PmOrleans.Node.Verification;

/// <summary>The pass over all records in sequence order: holes, epochs, money, learning. Keeps a number for each customer and a few for each campaign and arm.</summary>
/// <param name="isCluster">The logs of several nodes read as one: each node's epochs ascend, not those of all of them.</param>
/// <param name="newCustomer">Told of every customer, at its first record.</param>
internal sealed class RecordPass(
    ILogReader reader, PublishedCatalogs catalogs, FindingList findings, List<string> notes, bool isCluster, Action<CustomerKey> newCustomer, VerifyProgress progress)
{
    private const int Page = 1000;
    private readonly Dictionary<CustomerKey, long> _customerEnds = [];
    private readonly MoneyRecount _money = new(catalogs, findings);
    private readonly ModelRecount _models = new(catalogs, findings, notes);
    private readonly ExperimentRecount _experiments = new(findings);
    private readonly CheckpointRow? _experimentsSaved = reader.LoadCheckpoint(ProjectionNames.Experiments);
    private readonly SegmentRecount _segments = new(reader, findings);
    private readonly CheckpointRow? _ledgersSaved = reader.LoadCheckpoint(ProjectionNames.Ledgers);
    private readonly CheckpointRow? _modelsSaved = reader.LoadCheckpoint(ProjectionNames.Models);
    private long _first;
    private long _last;
    private long _epoch;

    public long Watermark => _last;

    public long Records { get; private set; }

    public long Decisions { get; private set; }

    public long Touchpoints { get; private set; }

    public long Outcomes { get; private set; }

    /// <summary>Every customer with a record, and the last customer sequence.</summary>
    public IReadOnlyDictionary<CustomerKey, long> CustomerEnds => _customerEnds;

    public void Run(CancellationToken cancellation)
    {
        var epochs = reader.Epochs().Select(epoch => epoch.Epoch).ToHashSet();
        if (_modelsSaved is not null)
        {
            Guard(ProjectionNames.Models, () => _models.Expect(_modelsSaved.State));
        }

        Begin();
        CompareAt(_last);
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            var rows = reader.ReadRange(_last, Page);
            foreach (var row in rows)
            {
                CheckOrder(row, epochs);
                Fold(row);
                _last = row.Sequence;
                CompareAt(row.Sequence);
            }

            progress.Add(rows.Count);
            if (rows.Count < Page)
            {
                break;
            }
        }

        CheckWithin(_segments.Saved);
        CheckWithin(_ledgersSaved);
        CheckWithin(_modelsSaved);
        CheckWithin(_experimentsSaved);
    }

    /// <summary>Takes up where a log begins that was cut.</summary>
    private void Begin()
    {
        Guard("base", () =>
        {
            if (LogBase.Load(reader) is not { } begin)
            {
                return;
            }

            _first = _last = begin.Begin.Sequence;
            notes.Add(string.Create(
                CultureInfo.InvariantCulture, $"records up to {begin.Begin.Sequence} ({Micros.ToTime(begin.Begin.AtMicros):yyyy-MM-dd HH:mm:ss}Z) were cut: counted on from the base they left"));
            _money.Begin(begin.Ledgers);
            _models.Begin(begin.Models);
            _experiments.Begin(begin.Experiments);
            _segments.Begin(begin.Flows);
        });
        foreach (var row in CustomerBases.Rows(reader))
        {
            _customerEnds.Add(row.Customer, row.CustomerSequence);
            Begin(row);
            newCustomer(row.Customer);
        }
    }

    private void Begin(BaseRow row)
    {
        try
        {
            var customer = CustomerBase.Read(row);
            _experiments.Begin(row.Customer, customer.Bare.Experiments);
            _segments.Begin(row.Customer, customer.Standing());
        }
        catch (Exception damaged) when (IsDamage(damaged))
        {
            // The customer's own pass says so.
        }
    }

    private void CheckOrder(LogRow row, HashSet<long> epochs)
    {
        Records++;
        if (row.Sequence != _last + 1)
        {
            findings.Add(FindingKind.FactLost, "log", $"record {_last + 1}", $"record {row.Sequence}", row.Sequence - _last - 1);
        }

        if (!epochs.Contains(row.Epoch) || (row.Epoch < _epoch && !isCluster))
        {
            findings.Add(FindingKind.EpochBroken, $"record {row.Sequence}", $"an epoch begun, {_epoch} or later", row.Epoch);
        }

        _epoch = Math.Max(_epoch, row.Epoch);
        if (row.Customer.IsNone)
        {
            return;
        }

        ref var end = ref CollectionsMarshal.GetValueRefOrAddDefault(_customerEnds, row.Customer, out var isKnown);
        var before = end;
        if (!isKnown)
        {
            newCustomer(row.Customer);
        }

        if (row.CustomerSequence != before + 1)
        {
            findings.Add(
                row.CustomerSequence > before ? FindingKind.FactLost : FindingKind.FactDoubled,
                $"record {row.Sequence} customer {row.Customer}",
                $"customer record {before + 1}",
                row.CustomerSequence,
                Math.Max(1, row.CustomerSequence - before - 1));
        }

        end = Math.Max(before, row.CustomerSequence);
    }

    private void Fold(LogRow row)
    {
        List<Fact> facts;
        try
        {
            facts = FactCodec.Read(row.Accounting, []);
        }
        catch (CorruptDataException corrupt)
        {
            findings.Add(FindingKind.Unreadable, $"record {row.Sequence}", "facts", corrupt.Message);
            return;
        }

        foreach (var fact in facts)
        {
            _segments.Apply(row, fact);
            Decisions += fact is DecisionFact ? 1 : 0;
            Touchpoints += fact is TouchpointFact ? 1 : 0;
            Outcomes += fact is OutcomeFact ? 1 : 0;
            _money.Apply(row.Sequence, row.Epoch, row.AtMicros, fact);
            _models.Apply(fact);
            _experiments.Apply(row.Customer, row.CustomerSequence, fact);
        }
    }

    private void CompareAt(long sequence)
    {
        if (_segments.SavedAt == sequence)
        {
            Guard(ProjectionNames.Segments, _segments.Compare);
        }

        if (_ledgersSaved?.Watermark == sequence)
        {
            Guard(ProjectionNames.Ledgers, () => _money.Compare(_ledgersSaved.State));
        }

        if (_modelsSaved?.Watermark == sequence)
        {
            Guard(ProjectionNames.Models, () => _models.Compare(_modelsSaved.State));
        }

        CompareExperimentsAt(sequence);
    }

    private void CompareExperimentsAt(long sequence)
    {
        if (_experimentsSaved?.Watermark == sequence)
        {
            Guard(ProjectionNames.Experiments, () => _experiments.Compare(_experimentsSaved.State));
        }
    }

    private void CheckWithin(CheckpointRow? saved)
    {
        if (saved is not null && saved.Watermark < _first)
        {
            findings.Add(FindingKind.FactLost, $"log, by the watermark of {saved.Projection}", $"record {saved.Watermark + 1}", $"begin after {_first}", _first - saved.Watermark);
        }

        if (saved is not null && saved.Watermark > _last)
        {
            findings.Add(FindingKind.FactLost, $"log, by the watermark of {saved.Projection}", $"record {saved.Watermark}", $"end at {_last}", saved.Watermark - _last);
        }
    }

    private void Guard(string what, Action compare)
    {
        try
        {
            compare();
        }
        catch (Exception damaged) when (IsDamage(damaged))
        {
            findings.Add(FindingKind.Unreadable, $"checkpoint {what}", "a saved projection", damaged.Message);
        }
    }
    private static bool IsDamage(Exception exception) => exception is CorruptDataException or InvalidDataException or ArgumentException or OverflowException;
}
