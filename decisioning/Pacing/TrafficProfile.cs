namespace PmOrleans.Decisioning.Pacing;

/// <summary>
/// Opportunities expected per slot of the day, learned from the days seen, and how much today is above or below. Immutable by convention:
/// <see cref="Advance"/> copies.
/// </summary>
internal sealed class TrafficProfile
{
    public const long DayMicros = 86_400_000_000;

    public static readonly TrafficProfile Empty = new([], [], 0, 0, 0, 0);

    /// <summary>Today's excess starts from this much of a day at the profile's own level, so that the first minutes do not shake it.</summary>
    private const double LevelPrior = .02;

    /// <summary>Share of a slot that must have been watched for it to be learned from.</summary>
    private const double Watched = .99;

    internal TrafficProfile(double[] expected, int[] days, double seen, double foreseen, double slotCount, double slotMicros)
    {
        Expected = expected;
        Days = days;
        Seen = seen;
        Foreseen = foreseen;
        SlotCount = slotCount;
        SlotMicros = slotMicros;
    }

    /// <summary>Mean opportunities per slot; read only where <see cref="Days"/> is above 0.</summary>
    internal double[] Expected { get; }

    /// <summary>Days each slot was seen.</summary>
    internal int[] Days { get; }

    /// <summary>Opportunities of late, forgotten at <see cref="PacingOptions.LevelMemory"/>.</summary>
    internal double Seen { get; }

    /// <summary>What the profile foresaw for the same time, forgotten alike.</summary>
    internal double Foreseen { get; }

    /// <summary>Opportunities in the running slot, and how much of it was watched.</summary>
    internal double SlotCount { get; }

    internal double SlotMicros { get; }

    /// <summary>The same after a time in which nobody counted: the slot under way is not seen whole.</summary>
    public TrafficProfile Interrupted() => SlotMicros == 0 ? this : new(Expected, Days, Seen, Foreseen, 0, 0);

    public TrafficProfile Advance(long from, long to, double opportunities, PacingOptions options)
    {
        long width = options.SlotLength.Ticks / TimeSpan.TicksPerMicrosecond;
        int slots = (int)(DayMicros / width);
        bool fits = Expected.Length == slots;
        double[] expected = fits ? (double[])Expected.Clone() : new double[slots];
        int[] days = fits ? (int[])Days.Clone() : new int[slots];
        double seen = fits ? Seen : 0, foreseen = fits ? Foreseen : 0, slotCount = fits ? SlotCount : 0, slotMicros = fits ? SlotMicros : 0;

        // A tick of more than a day says nothing about slots; it only sets the level.
        double perMicro = opportunities / (to - from);
        double flat = Flat(expected, days, perMicro * width);
        double day = 0;
        for (int slot = 0; slot < slots; slot++) day += days[slot] > 0 ? expected[slot] : flat;

        for (long at = from; at < to;)
        {
            long slotEnd = (FloorDiv(at, width) + 1) * width;
            long until = Math.Min(to, slotEnd);
            int slot = (int)(FloorDiv(at, width) % slots + slots) % slots;
            double count = perMicro * (until - at);
            double forecast = (days[slot] > 0 ? expected[slot] : flat) * (until - at) / width;
            double keep = day > 0 ? Math.Pow(.5, forecast / day / options.LevelMemory) : 1;
            seen = seen * keep + count;
            foreseen = foreseen * keep + forecast;
            slotCount += count;
            slotMicros += until - at;
            if (until == slotEnd)
            {
                if (slotMicros >= Watched * width)
                {
                    double gain = Math.Max(options.ProfileWeight, 1.0 / (days[slot] + 1));
                    expected[slot] += gain * (slotCount - expected[slot]);
                    days[slot] = Math.Min(days[slot] + 1, 1_000_000);
                }

                slotCount = slotMicros = 0;
            }

            at = until;
        }

        return new TrafficProfile(expected, days, seen, foreseen, slotCount, slotMicros);
    }

    /// <summary>Opportunities to expect in [from, to).</summary>
    public double Forecast(long from, long to)
    {
        int slots = Expected.Length;
        if (slots == 0 || to <= from) return 0;
        long width = DayMicros / slots;
        double flat = Flat(Expected, Days, SlotMicros > 0 ? SlotCount / SlotMicros * width : 0);
        double day = 0;
        for (int slot = 0; slot < slots; slot++) day += Days[slot] > 0 ? Expected[slot] : flat;

        long wholeDays = (to - from) / DayMicros;
        double sum = wholeDays * day;
        for (long at = from + wholeDays * DayMicros; at < to;)
        {
            long until = Math.Min(to, (FloorDiv(at, width) + 1) * width);
            int slot = (int)(FloorDiv(at, width) % slots + slots) % slots;
            sum += (Days[slot] > 0 ? Expected[slot] : flat) * (until - at) / width;
            at = until;
        }

        double prior = LevelPrior * day;
        double level = Foreseen + prior > 0 ? (Seen + prior) / (Foreseen + prior) : 1;
        return level * sum;
    }

    /// <summary>What an unseen slot is taken for: the mean of the seen ones, or the given rate where none is.</summary>
    private static double Flat(double[] expected, int[] days, double fallback)
    {
        double sum = 0;
        int seen = 0;
        for (int slot = 0; slot < expected.Length; slot++)
        {
            if (days[slot] == 0) continue;
            sum += expected[slot];
            seen++;
        }

        return seen > 0 ? sum / seen : fallback;
    }

    private static long FloorDiv(long value, long divisor) => value >= 0 ? value / divisor : -((-value + divisor - 1) / divisor);
}
