using PmOrleans.Decisioning.Pacing;
using Xunit.Abstractions;

namespace PmOrleans.Decisioning.Tests.Pacing;

/// <summary>
/// Share of the hindsight optimum, mean of 10 days with fixed seeds. Its standard error over days is below .001, measured; bounds leave
/// more than 4 of them, so that other seeds would fail less than once in 10,000.
/// </summary>
public sealed class PacePriceSimulationTests(ITestOutputHelper output)
{
    private const int Days = 10;
    private const long HalfMinute = 30_000_000;

    /// <summary>If first come, first served did not land at its known .345, the numbers below would mean nothing.</summary>
    [Fact]
    public void first_come_first_served_captures_a_third()
    {
        double share = 0;
        for (int seed = 100; seed < 100 + Days; seed++)
        {
            var day = TrafficDay.Simulate(seed);
            double left = TrafficDay.Budget, value = 0;
            for (int i = 0; i < day.At.Length && left >= day.Cost[i]; i++)
            {
                value += day.Value[i];
                left -= day.Cost[i];
            }

            share += value / day.BestValue() / Days;
        }

        output.WriteLine($"greedy {share:F4}");
        Assert.InRange(share, .335, .355);
    }

    [Theory]
    [InlineData("base", 1, 1, 0, .995)]
    [InlineData("traffic -30 %", .7, 1, 0, .99)]
    [InlineData("traffic +40 %", 1.4, 1, 0, .99)]
    [InlineData("burst x 6", 1, 6, 0, .955)]
    [InlineData("value drift 40 %", 1, 1, .4, .96)]
    public void the_price_captures_nearly_all_at_half_minute_ticks(string name, double traffic, double burst, double drift, double least)
    {
        var options = new PacingOptions();
        var learned = PacedDay.Learned(options, 4, 900);
        double share = 0, spent = 0, leastSpent = 1;
        for (int seed = 100; seed < 100 + Days; seed++)
        {
            var day = TrafficDay.Simulate(seed, traffic, burst, drift);

            var paced = PacedDay.Serve(day, 10, learned, options, HalfMinute);

            share += paced.Value / day.BestValue() / Days;
            spent += paced.Spent / Days;
            leastSpent = Math.Min(leastSpent, paced.Spent);
        }

        output.WriteLine($"{name}: {share:F4}, spent {spent:F4}, least {leastSpent:F4}");
        Assert.True(share >= least, $"{name}: {share}");
        Assert.True(leastSpent >= .99, $"{name}: {leastSpent} spent");
    }

    [Fact]
    public void the_price_captures_nearly_all_at_a_tick_per_opportunity()
    {
        var options = new PacingOptions();
        var learned = PacedDay.Learned(options, 4, 900);
        double share = 0;
        for (int seed = 100; seed < 102; seed++)
        {
            var day = TrafficDay.Simulate(seed);
            share += PacedDay.Serve(day, 10, learned, options, 0).Value / day.BestValue() / 2;
        }

        output.WriteLine($"per opportunity {share:F4}");
        Assert.True(share >= .99, $"{share}");
    }

    /// <remarks>Traffic falls to two fifths of its mean at midnight, which a flat day does not foresee: some money is left over.</remarks>
    [Fact]
    public void the_first_day_with_a_flat_profile_captures_most()
    {
        double share = 0, leastSpent = 1;
        for (int seed = 100; seed < 100 + Days; seed++)
        {
            var day = TrafficDay.Simulate(seed);
            var paced = PacedDay.Serve(day, 10, PaceState.Initial, new PacingOptions(), HalfMinute);
            share += paced.Value / day.BestValue() / Days;
            leastSpent = Math.Min(leastSpent, paced.Spent);
        }

        output.WriteLine($"first day {share:F4}, least spent {leastSpent:F4}");
        Assert.True(share >= .92, $"{share}");
        Assert.True(leastSpent >= .96, $"{leastSpent}");
    }

    [Theory]
    [InlineData(1_000_000)]
    [InlineData(300_000_000)]
    public void a_tick_of_a_second_or_of_five_minutes_serves_as_well(long tickMicros)
    {
        var options = new PacingOptions();
        var learned = PacedDay.Learned(options, 4, 900);
        double share = 0;
        for (int seed = 100; seed < 103; seed++)
        {
            var day = TrafficDay.Simulate(seed);
            share += PacedDay.Serve(day, 10, learned, options, tickMicros).Value / day.BestValue() / 3;
        }

        output.WriteLine($"tick {tickMicros / 1e6} s: {share:F4}");
        Assert.True(share >= .98, $"{share}");
    }

    [Theory]
    [InlineData(.001)]
    [InlineData(.003)]
    [InlineData(.03)]
    public void the_step_may_be_far_from_the_best_one(double eta)
    {
        var options = new PacingOptions { Eta = eta };
        var learned = PacedDay.Learned(options, 4, 900);
        double share = 0;
        for (int seed = 100; seed < 103; seed++)
        {
            var day = TrafficDay.Simulate(seed);
            share += PacedDay.Serve(day, 10, learned, options, HalfMinute).Value / day.BestValue() / 3;
        }

        output.WriteLine($"eta {eta}: {share:F4}");
        Assert.True(share >= .95, $"{share}");
    }
}
