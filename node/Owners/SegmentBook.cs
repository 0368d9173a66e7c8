using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Identity;
using PmOrleans.Decisioning.Segments;
using PmOrleans.Node.Log;
using PmOrleans.Node.Retention;

namespace PmOrleans.Node.Owners;

/// <summary>The figures of all segments over all nodes. Thread-safe: whoever shows them reads beside the owner.</summary>
public sealed class SegmentBook : IOwnerBook, IBeginsAtCut, IDisposable
{
    private const byte Format = 1;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _stands = new(StringComparer.Ordinal);
    private SegmentFold _fold = new();

    public long Version { get; private set; }

    /// <summary>Reads the figures; nothing is folded meanwhile.</summary>
    public T Read<T>(Func<SegmentFold, T> read)
    {
        lock (_gate)
        {
            return read(_fold);
        }
    }

    public byte[] Write()
    {
        lock (_gate)
        {
            using var writer = new ByteWriter(1 << 16);
            writer.Byte(Format);
            writer.Blob(_fold.WriteBase());
            _fold.WriteOrder(writer);
            return writer.ToArray();
        }
    }

    public void Restore(ReadOnlySpan<byte> state)
    {
        var reader = new ByteReader(state);
        if (reader.Byte() is var format && format != Format)
        {
            throw new CorruptDataException($"the segments have format {format}; this version reads {Format}");
        }

        var fold = SegmentFold.ReadBase(reader.Blob());
        fold.ReadOrder(ref reader);
        reader.End();
        lock (_gate)
        {
            _fold.Dispose();
            _fold = fold;
        }
    }

    public void StandAt(IReadOnlyDictionary<string, long> watermarks)
    {
        lock (_gate)
        {
            foreach (var (node, watermark) in watermarks)
            {
                _stands[node] = watermark;
            }
        }
    }

    void IBeginsAtCut.Begin(Func<LogBase?> cut, ILogReader reader, bool isNew)
    {
        if (isNew && cut() is { } begin)
        {
            lock (_gate)
            {
                _fold.BeginAt(begin.Begin.Sequence, CustomerBases.All(reader).Select(entry => (entry.Row.Customer, entry.Base.Standing())), begin.Flows);
                _fold.BeginJournal();
            }
        }
    }

    /// <summary>The last record of a node's log that is in the figures; 0: none is.</summary>
    public long StandsAt(string node)
    {
        lock (_gate)
        {
            return _stands.GetValueOrDefault(node);
        }
    }

    public bool Meet(RangeReport report) => false;

    public bool TryFold(RangeReport report)
    {
        lock (_gate)
        {
            var reader = new ByteReader(report.Delta);
            var records = new List<(CustomerKey Customer, long Sequence, List<Fact> Facts)>();
            while (!reader.AtEnd)
            {
                records.Add((new CustomerKey(reader.Fixed64(), reader.Fixed64()), reader.Signed(), FactCodec.Read(reader.Blob(), [])));
            }

            foreach (var (customer, sequence, facts) in records)
            {
                foreach (var fact in facts)
                {
                    _fold.ApplyInAnyOrder(customer, sequence, fact);
                }
            }

            _fold.BeginJournal();
            _stands[report.Node] = report.To;
            Version++;
            return true;
        }
    }

    /// <summary>Nobody keeps a replica: who wants to see them asks here.</summary>
    public byte[] ChangesSince(long version, long reporterEpoch, long watermark)
    {
        lock (_gate)
        {
            _fold.StandAt(watermark);
        }

        return [];
    }

    public void Dispose() => _fold.Dispose();
}
