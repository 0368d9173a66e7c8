using System.Buffers;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Segments;
using PmOrleans.Node.Log;
using PmOrleans.Node.Projections;
using PmOrleans.Node.Retention;

namespace PmOrleans.Node.Segments;

/// <summary>
/// Keeps a segment fold in the store: a base in parts, and journals of what was folded since. Every save is small; a new base is written when the
/// journals have grown as long as the last one, beside it, and the head turns to it in one write.
/// </summary>
internal sealed class SegmentCheckpoint(INodeLog log)
{
    private const byte Format = 1;
    private const int PartBytes = 1 << 20;
    private const int JournalBytes = 256 << 10;
    private const int LeastRewrite = 1 << 20;

    private readonly ArrayBufferWriter<byte> _open = new();
    private Head _head = new(0, 0, 0, 0);
    private long _baseBytes;
    private long _journalBytes;

    /// <summary>The fold as it was saved; <c>null</c> when nothing usable was, and the log must be folded from its begin.</summary>
    public static SegmentFold? Load(ILogReader reader) => Load(reader, out _, out _);

    /// <summary>The same, to go on from.</summary>
    public SegmentFold? Resume()
    {
        var fold = Load(log.Reader, out var head, out var bytes);
        if (fold is not null)
        {
            // The last journal is sealed as it is; a new one begins.
            (_head, _baseBytes, _journalBytes) = (head, bytes.Base, bytes.Journals);
        }

        return fold;
    }

    /// <summary>
    /// The fold of what is no longer in the log; empty where nothing was cut. What was saved before did not fit together, so the next save writes everything.
    /// </summary>
    public SegmentFold Begin()
    {
        var fold = new SegmentFold();
        if (LogBase.Load(log.Reader) is { } begin)
        {
            fold.BeginAt(begin.Begin.Sequence, CustomerBases.All(log.Reader).Select(entry => (entry.Row.Customer, entry.Base.Standing())), begin.Flows);
            _journalBytes = LeastRewrite;
        }

        return fold;
    }

    /// <summary>What must be written so that a start finds the fold as it is now. The caller holds the fold still.</summary>
    public Snapshot Take(SegmentFold fold)
    {
        _open.Write(fold.Journal);
        _journalBytes += fold.Journal.Length;
        fold.BeginJournal();
        if (_journalBytes < Math.Max(LeastRewrite, _baseBytes))
        {
            return new Snapshot(fold.Watermark, null, _open.WrittenSpan.ToArray());
        }

        return new Snapshot(fold.Watermark, fold.WriteBase(), []);
    }

    /// <summary>Writes the parts of a new base, a transaction each, so that records are not held up; nothing refers to them yet.</summary>
    /// <param name="between">Called between two parts.</param>
    public async Task WriteBaseAsync(Snapshot snapshot, Action between)
    {
        for (var part = 0; part * PartBytes < snapshot.Base!.Length; part++)
        {
            var row = new CheckpointRow(
                BaseName(_head.Generation + 1, part), snapshot.Watermark, snapshot.Base.AsSpan(part * PartBytes, Math.Min(PartBytes, snapshot.Base.Length - (part * PartBytes))).ToArray());
            await log.WriteAsync(transaction => transaction.SaveCheckpoint(row));
            between();
        }
    }

    /// <summary>Within the transaction that saves the other projections at the same watermark.</summary>
    public void Write(Snapshot snapshot, ILogTransaction transaction)
    {
        var head = HeadOf(snapshot);
        if (snapshot.Base is null)
        {
            transaction.SaveCheckpoint(new CheckpointRow(JournalName(head.Generation, head.Journals - 1), snapshot.Watermark, snapshot.Journal));
        }

        transaction.SaveCheckpoint(new CheckpointRow(ProjectionNames.Segments, snapshot.Watermark, head.ToArray()));
    }

    /// <summary>What was taken is durable.</summary>
    public void Saved(Snapshot snapshot)
    {
        var head = HeadOf(snapshot);
        if (snapshot.Base is not null)
        {
            (_baseBytes, _journalBytes) = (snapshot.Base.Length, 0);
            _open.Clear();
            _head = head;
        }
        else if (snapshot.Journal.Length >= JournalBytes)
        {
            _open.Clear();
            _head = head;
        }
    }

    private Head HeadOf(Snapshot snapshot) => snapshot.Base is { } whole
        ? new Head(snapshot.Watermark, _head.Generation + 1, (whole.Length + PartBytes - 1) / PartBytes, 0)
        : _head with { Watermark = snapshot.Watermark, Journals = _head.Journals + 1 };

    private static SegmentFold? Load(ILogReader reader, out Head head, out (long Base, long Journals) bytes)
    {
        (head, bytes) = (new Head(0, 0, 0, 0), default);
        if (reader.LoadCheckpoint(ProjectionNames.Segments) is not { } saved)
        {
            return null;
        }

        try
        {
            head = Head.Read(saved.State);
            var whole = new ArrayBufferWriter<byte>();
            for (var part = 0; part < head.BaseParts; part++)
            {
                whole.Write(Part(reader, BaseName(head.Generation, part)));
            }

            var fold = head.BaseParts == 0 ? new SegmentFold() : SegmentFold.ReadBase(whole.WrittenSpan);
            bytes.Base = whole.WrittenCount;
            for (var part = 0; part < head.Journals; part++)
            {
                var journal = Part(reader, JournalName(head.Generation, part));
                fold.ReadJournal(journal);
                bytes.Journals += journal.Length;
            }

            fold.StandAt(head.Watermark);
            return fold;
        }
        catch (CorruptDataException)
        {
            // Figures only save time; the log has it all, or the base of what was cut from it.
            return null;
        }
    }

    private static byte[] Part(ILogReader reader, string name) =>
        reader.LoadCheckpoint(name)?.State ?? throw new CorruptDataException($"part '{name}' of the segment figures is missing");

    // Two generations take turns, so that a new base overwrites the one before the last.
    private static string BaseName(int generation, int part) => FormattableString.Invariant($"{ProjectionNames.Segments}/{generation & 1}/base/{part}");

    private static string JournalName(int generation, int part) => FormattableString.Invariant($"{ProjectionNames.Segments}/{generation & 1}/journal/{part}");

    /// <summary>What one save writes.</summary>
    /// <param name="Base">Everything, when a new base is due.</param>
    /// <param name="Journal">Otherwise the open journal, whole.</param>
    internal sealed record Snapshot(long Watermark, byte[]? Base, byte[] Journal);

    private sealed record Head(long Watermark, int Generation, int BaseParts, int Journals)
    {
        public byte[] ToArray()
        {
            using var writer = new ByteWriter(32);
            writer.Byte(Format);
            writer.Signed(Watermark);
            writer.Count(Generation);
            writer.Count(BaseParts);
            writer.Count(Journals);
            return writer.ToArray();
        }

        public static Head Read(ReadOnlySpan<byte> data)
        {
            var reader = new ByteReader(data);
            return reader.Byte() == Format
                ? new Head(reader.Signed(), reader.Count(), reader.Count(), reader.Count())
                : throw new CorruptDataException("the segment figures are of a later format");
        }
    }
}
