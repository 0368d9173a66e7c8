using PmOrleans.Decisioning.Codec;

namespace PmOrleans.Decisioning.Decisions;

/// <summary>A candidate that passed every filter for the first slot, as it is logged.</summary>
/// <param name="Offer">Stable number.</param>
public readonly record struct TracedSurvivor(int Offer, double Rate, double Spread, double Score, double Price, double Probability);

/// <summary>A candidate that was removed.</summary>
/// <param name="Slot">Slot it was removed for, from 0; it is in the survivors when it had passed for an earlier one.</param>
/// <param name="Detail">Index of the rule (plus one) in that catalog version, or number of the cap; 0 for none.</param>
public readonly record struct TracedRemoval(int Offer, RemovalReason Reason, int Slot, int Detail);

/// <summary>What a slot drew from: the probability of each survivor still in, by its index among the survivors.</summary>
public sealed record TracedSlot(IReadOnlyList<(int Survivor, double Probability)> Probabilities);

/// <summary>How one placement was decided, as it is logged.</summary>
/// <param name="Skipped">Offers of large placements that the index left out, all for a rule of theirs.</param>
public sealed record DecisionTrace(
    IReadOnlyList<TracedSurvivor> Survivors, IReadOnlyList<TracedRemoval> Removed, int Skipped, IReadOnlyList<TracedSlot> LaterSlots);

/// <summary>
/// Stored form, format 1: <c>format survivors { offer rate:8 spread:8 score:8 price probability:8 } removed { offer reason slot detail } skipped
/// slots { count { index probability:8 } }</c>; a price of 0 is one byte. Written straight from the working arrays.
/// </summary>
public static class TraceCodec
{
    public const byte Format = 1;

    internal static void WriteSurvivor(ByteWriter writer, int offer, double rate, double spread, double score, double price, double probability)
    {
        writer.Count(offer);
        writer.Double(rate);
        writer.Double(spread);
        writer.Double(score);
        writer.Bool(price != 0);
        if (price != 0)
        {
            writer.Double(price);
        }

        writer.Double(probability);
    }

    /// <summary>Empty bytes read as an empty trace.</summary>
    /// <exception cref="CorruptDataException">Damaged, or of a later format.</exception>
    public static DecisionTrace Read(ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty)
        {
            return new DecisionTrace([], [], 0, []);
        }

        var reader = new ByteReader(data);
        if (reader.Byte() is var format && format != Format)
        {
            throw new CorruptDataException($"a decision's trace has format {format}; this version reads {Format}");
        }

        var survivors = new List<TracedSurvivor>();
        for (var count = reader.Count(); count > 0; count--)
        {
            survivors.Add(new TracedSurvivor(
                reader.Count(), reader.Double(), reader.Double(), reader.Double(), reader.Bool() ? reader.Double() : 0, reader.Double()));
        }

        var removed = new List<TracedRemoval>();
        for (var count = reader.Count(); count > 0; count--)
        {
            removed.Add(new TracedRemoval(reader.Count(), (RemovalReason)reader.Byte(), reader.Count(), reader.Count()));
        }

        var skipped = reader.Count();
        var slots = new List<TracedSlot>();
        for (var count = reader.Count(); count > 0; count--)
        {
            var probabilities = new List<(int, double)>();
            for (var items = reader.Count(); items > 0; items--)
            {
                probabilities.Add((reader.Count(), reader.Double()));
            }

            slots.Add(new TracedSlot(probabilities));
        }

        return new DecisionTrace(survivors, removed, skipped, slots);
    }
}
