using PmOrleans.Decisioning.Codec;
using PmOrleans.Node.Log;

namespace PmOrleans.Node.Retention;

/// <summary>
/// Where a log begins that was cut: everything that is counted over all records, as of exactly the last record that is gone. Written in the transaction that
/// deletes the records.
/// </summary>
internal sealed record LogBase
{
    /// <summary>Name of the checkpoint that holds it.</summary>
    public const string Name = "base";

    private const byte Format = 1;

    public required LogBegin Begin { get; init; }

    public required byte[] Ledgers { get; init; }

    public required byte[] Models { get; init; }

    public required byte[] Experiments { get; init; }

    /// <summary>How often segments were entered and left.</summary>
    public required IReadOnlyList<(int Segment, long Entered, long Left)> Flows { get; init; }

    /// <summary><c>null</c> for a log that was never cut.</summary>
    /// <exception cref="CorruptDataException">Damaged, or of a later format.</exception>
    public static LogBase? Load(ILogReader reader)
    {
        if (reader.LoadCheckpoint(Name) is not { } row)
        {
            return null;
        }

        var data = new ByteReader(row.State);
        if (data.Byte() is var format && format != Format)
        {
            throw new CorruptDataException($"the base of the log has format {format}; this version reads {Format}");
        }

        var at = data.Signed();
        var cuts = new List<(int, long)>();
        for (var count = data.Items(2); count > 0; count--)
        {
            cuts.Add((data.Count(), data.Signed()));
        }

        byte[] ledgers = data.Blob().ToArray(), models = data.Blob().ToArray(), experiments = data.Blob().ToArray();
        var flows = new List<(int, long, long)>();
        for (var count = data.Items(3); count > 0; count--)
        {
            flows.Add((data.Count(), data.Signed(), data.Signed()));
        }

        data.End();
        return new LogBase { Begin = new LogBegin(row.Watermark, at, cuts), Ledgers = ledgers, Models = models, Experiments = experiments, Flows = flows };
    }

    public CheckpointRow ToRow()
    {
        using var writer = new ByteWriter(4096);
        writer.Byte(Format);
        writer.Signed(Begin.AtMicros);
        writer.Count(Begin.Cuts.Count);
        foreach (var (version, at) in Begin.Cuts)
        {
            writer.Count(version);
            writer.Signed(at);
        }

        writer.Blob(Ledgers);
        writer.Blob(Models);
        writer.Blob(Experiments);
        writer.Count(Flows.Count);
        foreach (var (segment, entered, left) in Flows)
        {
            writer.Count(segment);
            writer.Signed(entered);
            writer.Signed(left);
        }

        return new CheckpointRow(Name, Begin.Sequence, writer.ToArray());
    }
}
