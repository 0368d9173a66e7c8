using PmOrleans.Decisioning.Codec;

namespace PmOrleans.Decisioning.Decisions;

/// <summary>A candidate that passed every filter for the first slot, as it is logged.</summary>
/// <param name="Offer">Stable number.</param>
/// <param name="Spread">Of the rate.</param>
/// <param name="Unit">Value x context weight x lever: what a rate of 1 would be worth.</param>
public readonly record struct TracedSurvivor(int Offer, double Rate, double Spread, double Score, double Price, double Probability, double Unit)
{
    /// <summary>Spread of the score, as the exploration was given it.</summary>
    public double ScoreSpread => Spread * Unit;
}

/// <summary>A candidate that was removed.</summary>
/// <param name="Slot">Slot it was removed for, from 0; it is in the survivors when it had passed for an earlier one.</param>
/// <param name="Detail">Index of the rule (plus one) in that catalog version, or number of the cap; 0 for none.</param>
public readonly record struct TracedRemoval(int Offer, RemovalReason Reason, int Slot, int Detail);

/// <summary>What a slot drew from: the probability of each survivor still in, by its index among the survivors.</summary>
public sealed record TracedSlot(IReadOnlyList<(int Survivor, double Probability)> Probabilities);

/// <summary>How one placement was decided, as it is logged.</summary>
/// <param name="Skipped">
/// Offers of large placements that no reason is logged for: left out by the index for a rule of theirs, out of flight or stock, or all in quiet hours.
/// </param>
/// <param name="Observations">Outcomes the model had learned from; with <paramref name="ScoreScale"/> what the exploration was given besides scores.</param>
/// <remarks>From this the probabilities follow again, to the bit on the same architecture: nothing of the catalog or the model is needed but the exploration.</remarks>
public sealed record DecisionTrace(
    IReadOnlyList<TracedSurvivor> Survivors,
    IReadOnlyList<TracedRemoval> Removed,
    int Skipped,
    IReadOnlyList<TracedSlot> LaterSlots,
    long Observations,
    double ScoreScale);

/// <summary>
/// Stored form, format 1: <c>format observations scale:8 survivors { offer rate:8 spread:8 score:8 flags price:8? unit:8? probability:8 } removed
/// { offer reason slot detail } skipped slots { count { index probability:8 } }</c>; a price of 0 and a unit equal to the one before are left out.
/// Written straight from the working arrays.
/// </summary>
public static class TraceCodec
{
    public const byte Format = 1;

    private const byte HasPrice = 1;
    private const byte HasUnit = 2;

    /// <summary>Bytes of the shortest survivor, removal, later slot and probability.</summary>
    private const int LeastSurvivor = 34, LeastRemoval = 4, LeastSlot = 1, LeastProbability = 9;

    /// <param name="unitBefore">Unit of the survivor before; 0 for the first.</param>
    internal static void WriteSurvivor(ByteWriter writer, in TracedSurvivor survivor, double unitBefore)
    {
        var hasPrice = survivor.Price != 0;
        var hasUnit = BitConverter.DoubleToInt64Bits(survivor.Unit) != BitConverter.DoubleToInt64Bits(unitBefore);
        writer.Count(survivor.Offer);
        writer.Double(survivor.Rate);
        writer.Double(survivor.Spread);
        writer.Double(survivor.Score);
        writer.Byte((byte)((hasPrice ? HasPrice : 0) | (hasUnit ? HasUnit : 0)));
        if (hasPrice)
        {
            writer.Double(survivor.Price);
        }

        if (hasUnit)
        {
            writer.Double(survivor.Unit);
        }

        writer.Double(survivor.Probability);
    }

    /// <summary>Empty bytes read as an empty trace.</summary>
    /// <exception cref="CorruptDataException">Damaged, or of a later format.</exception>
    public static DecisionTrace Read(ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty)
        {
            return new DecisionTrace([], [], 0, [], 0, 0);
        }

        var reader = new ByteReader(data);
        if (reader.Byte() is var format && format != Format)
        {
            throw new CorruptDataException($"a decision's trace has format {format}; this version reads {Format}");
        }

        var observations = reader.Signed();
        var scale = reader.Double();
        var survivors = new TracedSurvivor[reader.Items(LeastSurvivor)];
        double unit = 0;
        for (var i = 0; i < survivors.Length; i++)
        {
            survivors[i] = ReadSurvivor(ref reader, unit);
            unit = survivors[i].Unit;
        }

        var removed = new List<TracedRemoval>();
        for (var count = reader.Items(LeastRemoval); count > 0; count--)
        {
            removed.Add(new TracedRemoval(reader.Count(), (RemovalReason)reader.Byte(), reader.Count(), reader.Count()));
        }

        var skipped = reader.Count();
        var slots = new List<TracedSlot>();
        for (var count = reader.Items(LeastSlot); count > 0; count--)
        {
            var probabilities = new List<(int, double)>();
            for (var items = reader.Items(LeastProbability); items > 0; items--)
            {
                probabilities.Add((reader.Count(), reader.Double()));
            }

            slots.Add(new TracedSlot(probabilities));
        }

        reader.End();
        return new DecisionTrace(survivors, removed, skipped, slots, observations, scale);
    }

    private static TracedSurvivor ReadSurvivor(ref ByteReader reader, double unitBefore)
    {
        var offer = reader.Count();
        var rate = reader.Double();
        var spread = reader.Double();
        var score = reader.Double();
        var flags = reader.Byte();
        var price = (flags & HasPrice) != 0 ? reader.Double() : 0;
        var unit = (flags & HasUnit) != 0 ? reader.Double() : unitBefore;
        return new TracedSurvivor(offer, rate, spread, score, price, reader.Double(), unit);
    }
}
