using System.Collections.Immutable;
using PmOrleans.Decisioning.Codec;

namespace PmOrleans.Decisioning.Segments.Rfm;

/// <summary>
/// The edges between quintiles of recency, frequency and monetary value over all customers with the type, taken at one time. Scores are 1 to 5 and
/// 5 is best: bought last, most often, most. A value equal to an edge lies below it, so equal customers are never told apart.
/// </summary>
/// <param name="Generation">Grows with each refresh; 0: none was taken yet, and nobody has scores.</param>
/// <param name="TakenAtMicros">When.</param>
/// <param name="Customers">How many customers they were taken over.</param>
/// <param name="RecencyMicros">Four edges, ascending, of the time since the last.</param>
/// <param name="Frequency">Four edges, ascending.</param>
/// <param name="ValueMicros">Four edges, ascending.</param>
public sealed record RfmEdges(
    int Generation,
    long TakenAtMicros,
    long Customers,
    ImmutableArray<long> RecencyMicros,
    ImmutableArray<long> Frequency,
    ImmutableArray<long> ValueMicros)
{
    /// <summary>Edges of each score.</summary>
    public const int EdgeCount = 4;

    private const byte Format = 1;

    public static RfmEdges None { get; } = new(0, 0, 0, [], [], []);

    public bool IsNone => Generation == 0;

    /// <summary>5 for the most recent fifth down to 1.</summary>
    public int ScoreRecency(long sinceMicros) => 1 + EdgeCount - Above(RecencyMicros, sinceMicros);

    public int ScoreFrequency(long count) => 1 + Above(Frequency, count);

    public int ScoreValue(long micros) => 1 + Above(ValueMicros, micros);

    /// <summary>When the recency score of a customer whose last was at <paramref name="lastAtMicros"/> falls next.</summary>
    public long NextChangeMicros(long lastAtMicros, long nowMicros)
    {
        foreach (var edge in RecencyMicros)
        {
            // The score falls when the time since is past the edge, not at it.
            if (nowMicros - lastAtMicros <= edge)
            {
                return edge >= long.MaxValue - lastAtMicros ? long.MaxValue : lastAtMicros + edge + 1;
            }
        }

        return long.MaxValue;
    }

    public byte[] ToArray()
    {
        using var writer = new ByteWriter(128);
        writer.Byte(Format);
        writer.Count(Generation);
        writer.Signed(TakenAtMicros);
        writer.Signed(Customers);
        foreach (var edges in (ReadOnlySpan<ImmutableArray<long>>)[RecencyMicros, Frequency, ValueMicros])
        {
            writer.Count(edges.Length);
            foreach (var edge in edges)
            {
                writer.Signed(edge);
            }
        }

        return writer.ToArray();
    }

    /// <exception cref="CorruptDataException">The bytes are no edges this version knows.</exception>
    public static RfmEdges Read(ReadOnlySpan<byte> data)
    {
        var reader = new ByteReader(data);
        if (reader.Byte() is var format && format != Format)
        {
            throw new CorruptDataException($"RFM edges have format {format}; this version reads {Format}");
        }

        return new RfmEdges(reader.Count(), reader.Signed(), reader.Signed(), ReadEdges(ref reader), ReadEdges(ref reader), ReadEdges(ref reader));
    }

    private static ImmutableArray<long> ReadEdges(ref ByteReader reader)
    {
        var edges = new long[reader.Items()];
        for (var i = 0; i < edges.Length; i++)
        {
            edges[i] = reader.Signed();
        }

        return [.. edges];
    }

    private static int Above(ImmutableArray<long> edges, long value)
    {
        var above = 0;
        foreach (var edge in edges)
        {
            above += value > edge ? 1 : 0;
        }

        return above;
    }
}
