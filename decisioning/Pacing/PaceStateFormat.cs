using System.Buffers;
using PmOrleans.Decisioning.Learning;

namespace PmOrleans.Decisioning.Pacing;

/// <summary>The stored form of a <see cref="PaceState"/>: format byte, price and means, traffic, one pair of numbers per slot.</summary>
internal static class PaceStateFormat
{
    private const byte Format = 1;

    public static void Write(PaceState state, IBufferWriter<byte> target)
    {
        ArgumentNullException.ThrowIfNull(target);
        var writer = new StateWriter(target);
        writer.Byte(Format);
        writer.Double(state.Price);
        writer.Int64(state.At);
        writer.Double(state.Remaining);
        writer.Double(state.MeanScore);
        writer.Double(state.MeanCostMicros);
        writer.Double(state.MeanWeight);
        writer.Double(state.Traffic.Seen);
        writer.Double(state.Traffic.Foreseen);
        writer.Double(state.Traffic.SlotCount);
        writer.Double(state.Traffic.SlotMicros);
        writer.Int32(state.Traffic.Expected.Length);
        for (int slot = 0; slot < state.Traffic.Expected.Length; slot++)
        {
            writer.Int32(state.Traffic.Days[slot]);
            writer.Double(state.Traffic.Expected[slot]);
        }
    }

    public static PaceState Read(ReadOnlySpan<byte> source)
    {
        var reader = new StateReader(source);
        reader.Format(Format, "pacing");
        var state = new PaceState
        {
            Price = reader.Amount(),
            At = reader.Int64(),
            Remaining = reader.Amount(),
            MeanScore = reader.Amount(),
            MeanCostMicros = reader.Amount(),
            MeanWeight = reader.Amount(),
        };
        double seen = reader.Amount(), foreseen = reader.Amount(), slotCount = reader.Amount(), slotMicros = reader.Amount();
        int slots = reader.Int32();
        if (slots is not 0 and (< 24 or > 1440)) throw new InvalidDataException($"{slots} slots a day in the stored state");
        var days = new int[slots];
        var expected = new double[slots];
        for (int slot = 0; slot < slots; slot++)
        {
            days[slot] = reader.Int32();
            if (days[slot] < 0) throw new InvalidDataException($"slot {slot} seen on {days[slot]} days in the stored state");
            expected[slot] = reader.Amount();
        }

        reader.End();
        return state with { Traffic = new TrafficProfile(expected, days, seen, foreseen, slotCount, slotMicros) };
    }
}
