using System.Buffers;

namespace PmOrleans.Decisioning.Pacing;

/// <summary>A campaign's pacing price and what it is steered by. Immutable; one per campaign, its ledger's owner advances it.</summary>
/// <remarks>The profile is by time of day in UTC: it repeats daily in any zone, but for the two days a year when clocks change.</remarks>
public sealed record PaceState
{
    /// <summary>Score units per micro of money: score -= price x cost in micros. Not negative; 0 lets every offer with a positive score pass.</summary>
    public double Price { get; init; }

    /// <summary>End of the last tick, Unix microseconds; <see cref="long.MinValue"/> before the first.</summary>
    public long At { get; init; } = long.MinValue;

    /// <summary>Expected opportunities from <see cref="At"/> to the end, as of the last tick.</summary>
    public double Remaining { get; init; }

    /// <summary>Smoothed mean score of an opportunity, score units; 0 before the first.</summary>
    public double MeanScore { get; init; }

    /// <summary>Smoothed mean cost of an opportunity, micros; 0 before the first.</summary>
    public double MeanCostMicros { get; init; }

    /// <summary>Opportunities that the two means rest on, capped.</summary>
    internal double MeanWeight { get; init; }

    internal TrafficProfile Traffic { get; init; } = TrafficProfile.Empty;

    /// <summary>A campaign of which nothing is known: price 0, a flat day.</summary>
    public static PaceState Initial { get; } = new();

    /// <summary>Writes the whole state.</summary>
    public void Write(IBufferWriter<byte> target) => PaceStateFormat.Write(this, target);

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="InvalidDataException">Unknown format version, truncated or trailing bytes, or impossible numbers.</exception>
    public static PaceState Read(ReadOnlySpan<byte> source) => PaceStateFormat.Read(source);
}
