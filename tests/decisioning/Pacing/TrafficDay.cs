namespace PmOrleans.Decisioning.Tests.Pacing;

/// <summary>
/// A simulated day of opportunities: 100,000 expected, a daily wave, value log-normal(0, 1), cost uniform in [.5, 1.5]; the budget pays for a
/// fifth of the expected cost.
/// </summary>
internal sealed class TrafficDay
{
    public const long DayMicros = 86_400_000_000;
    public const int Expected = 100_000;
    public const int Slots = 288;
    public const double Budget = .2 * Expected;

    private TrafficDay(long[] at, double[] value, double[] cost)
    {
        At = at;
        Value = value;
        Cost = cost;
    }

    /// <summary>Micros since the day's begin, ascending.</summary>
    public long[] At { get; }

    public double[] Value { get; }

    public double[] Cost { get; }

    /// <param name="seed">Fixes everything.</param>
    /// <param name="traffic">Factor on all traffic.</param>
    /// <param name="burst">Factor on the traffic from 14:00 to 15:00.</param>
    /// <param name="drift">Amplitude of a daily wave on the values.</param>
    public static TrafficDay Simulate(int seed, double traffic = 1, double burst = 1, double drift = 0)
    {
        var random = new Random(seed);
        List<long> at = [];
        for (int slot = 0; slot < Slots; slot++)
        {
            double share = (1 - .6 * Math.Cos(2 * Math.PI * (slot + .5) / Slots)) / Slots;
            double mean = Expected * share * traffic * (slot is >= 168 and < 180 ? burst : 1);
            int count = (int)Math.Max(0, Math.Round(mean + Math.Sqrt(mean) * Normal(random)));
            for (int i = 0; i < count; i++) at.Add((long)((slot + random.NextDouble()) * (DayMicros / Slots)));
        }

        at.Sort();
        double[] value = new double[at.Count], cost = new double[at.Count];
        for (int i = 0; i < at.Count; i++)
        {
            value[i] = Math.Exp(Normal(random)) * (1 + drift * Math.Sin(2 * Math.PI * at[i] / DayMicros));
            cost[i] = .5 + random.NextDouble();
        }

        return new TrafficDay([.. at], value, cost);
    }

    /// <summary>The best that hindsight can buy with the budget: by value per cost, the last one in part.</summary>
    public double BestValue()
    {
        int[] order = [.. Enumerable.Range(0, At.Length).OrderByDescending(i => Value[i] / Cost[i])];
        double left = Budget, sum = 0;
        foreach (int i in order)
        {
            double part = Math.Min(1, left / Cost[i]);
            sum += part * Value[i];
            left -= part * Cost[i];
            if (left <= 0) break;
        }

        return sum;
    }

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
