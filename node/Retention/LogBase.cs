using PmOrleans.Decisioning.Catalog;
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

    /// <summary>The last record that was cut.</summary>
    public required long Sequence { get; init; }

    /// <summary>Nothing in the log is earlier than this: the largest time of any record that was cut.</summary>
    public required long AtMicros { get; init; }

    /// <summary>Which versions of the catalog were live at cuts, and the time of the last cut under each; oldest first.</summary>
    public required IReadOnlyList<(int Version, long AtMicros)> Cuts { get; init; }

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
        return new LogBase { Sequence = row.Watermark, AtMicros = at, Cuts = cuts, Ledgers = ledgers, Models = models, Experiments = experiments, Flows = flows };
    }

    public CheckpointRow ToRow()
    {
        using var writer = new ByteWriter(4096);
        writer.Byte(Format);
        writer.Signed(AtMicros);
        writer.Count(Cuts.Count);
        foreach (var (version, at) in Cuts)
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

        return new CheckpointRow(Name, Sequence, writer.ToArray());
    }

    /// <summary>
    /// Since when a metric counts everything, where that is later than the customer's first record: the last cut under a version that did not have it.
    /// </summary>
    /// <param name="version">Finds a published version.</param>
    public long? CountsSince(MetricDefinition metric, Func<int, CatalogSnapshot?> version)
    {
        for (var i = Cuts.Count - 1; i >= 0; i--)
        {
            if (version(Cuts[i].Version)?.Metrics.Any(had => had.Number == metric.Number && had.Signature == metric.Signature) != true)
            {
                return Cuts[i].AtMicros;
            }
        }

        return null;
    }
}
