using System.Buffers;

namespace PmOrleans.Decisioning.Learning;

/// <summary>
/// The stored form of a <see cref="BetaModel"/>: format byte, policy, half-life, window, version, observations, delay counts, arms in key order.
/// </summary>
internal static class BetaModelFormat
{
    private const byte Format = 1;

    public static void Write(BetaModel model, IBufferWriter<byte> target)
    {
        ArgumentNullException.ThrowIfNull(target);
        var writer = new StateWriter(target);
        writer.Byte(Format);
        writer.Int32(model.Policy);
        writer.Int64(model.Clock.HalfLifeMicros);
        writer.Int64(model.WindowMicros);
        writer.Int64(model.Version);
        writer.Int64(model.Observations);
        WriteDelays(model.Delays, writer);

        writer.Int32(model.Tallies.Count);
        foreach (var (arm, tally) in model.Tallies.OrderBy(pair => pair.Key.Segment).ThenBy(pair => pair.Key.Offer))
        {
            writer.Int32(arm.Offer);
            writer.Int32(arm.Segment);
            WriteTally(tally, writer);
        }
    }

    public static BetaOptions OptionsOf(ReadOnlySpan<byte> source)
    {
        var reader = new StateReader(source);
        reader.Format(Format, "learned rates");
        _ = reader.Int32();
        long halfLife = reader.Int64(), window = reader.Int64();
        return new BetaOptions
        {
            HalfLife = halfLife == 0 ? null : TimeSpan.FromMicroseconds(halfLife),
            RewardWindow = TimeSpan.FromMicroseconds(window),
        };
    }

    public static BetaModel Read(ReadOnlySpan<byte> source, BetaOptions options)
    {
        var reader = new StateReader(source);
        reader.Format(Format, "learned rates");
        var model = new BetaModel(reader.Int32(), options);
        long halfLife = reader.Int64(), window = reader.Int64();
        if (halfLife != model.Clock.HalfLifeMicros || window != model.WindowMicros)
            throw new InvalidDataException("the stored rates were folded with another half-life or reward window: fold the log anew");
        model.Restore(reader.Count(), reader.Count());
        ReadDelays(model.Delays, ref reader);

        int arms = reader.Int32();
        if (arms < 0) throw new InvalidDataException($"{arms} arms in the stored state");
        for (int i = 0; i < arms; i++)
        {
            var arm = new ArmKey(model.Policy, reader.Int32(), reader.Int32());
            if (arm.Offer < 0 || arm.Segment < 0 || model.Tallies.ContainsKey(arm)) throw new InvalidDataException($"{arm} twice or out of range in the stored state");
            ReadTally(model.TallyOf(arm), ref reader);
        }

        reader.End();
        return model;
    }

    private static void WriteDelays(DelayHistogram delays, StateWriter writer)
    {
        foreach (long count in delays.Matured) writer.Int64(count);
        writer.Int64(delays.Newest);
        if (delays.Newest == long.MinValue) return;
        for (int age = 0; age < DelayHistogram.Rows; age++)
            foreach (long count in delays.Row(delays.Newest - age)) writer.Int64(count);
    }

    private static void ReadDelays(DelayHistogram delays, ref StateReader reader)
    {
        foreach (ref long count in delays.Matured) count = reader.Count();
        long newest = reader.Int64();
        if (newest == long.MinValue) return;
        delays.AdvanceTo(newest);
        for (int age = 0; age < DelayHistogram.Rows; age++)
            foreach (ref long count in delays.Row(newest - age)) count = reader.Count();
    }

    private static void WriteTally(ArmTally tally, StateWriter writer)
    {
        writer.Int64(tally.Trials);
        writer.Int64(tally.Resolved);
        writer.Int64(tally.Rewards);
        writer.Int64(tally.FirstDecision);
        writer.Int64(tally.LastUpdate);
        writer.Int64(tally.Epoch);
        writer.Double(tally.DecayedResolved);
        writer.Double(tally.DecayedRewards);

        var pending = tally.Pending;
        writer.Int64(pending.Newest);
        writer.Int64(pending.Overdue);
        for (int age = 0; age < PendingTrials.Buckets; age++) writer.Int64(pending.Newest == long.MinValue ? 0 : pending[pending.Newest - age]);
    }

    private static void ReadTally(ArmTally tally, ref StateReader reader)
    {
        tally.Trials = reader.Count();
        tally.Resolved = reader.Count();
        tally.Rewards = reader.Count();
        tally.FirstDecision = reader.Int64();
        tally.LastUpdate = reader.Int64();
        tally.Epoch = reader.Int64();
        tally.DecayedResolved = reader.Amount();
        tally.DecayedRewards = reader.Amount();

        long newest = reader.Int64(), overdue = reader.Int64();
        for (int age = 0; age < PendingTrials.Buckets; age++)
        {
            long count = reader.Int64(); // below 0 is possible: see PendingTrials
            if (newest != long.MinValue) tally.Pending.Add(newest - age, count);
        }

        tally.Pending.AddOverdue(overdue);
    }
}
