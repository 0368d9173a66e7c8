using PmOrleans.Simulator.Load;

namespace PmOrleans.Simulator.Tests.Load;

public sealed class ArrivalScheduleTests
{
    [Fact]
    public void constant_arrivals_come_at_even_distances()
    {
        var times = Times(Options() with { Arrivals = ArrivalKind.Constant, Rate = 100, Duration = TimeSpan.FromSeconds(2) });

        Assert.Equal(199, times.Count);
        Assert.All(times.Zip(times.Skip(1)), pair => Assert.Equal(.01, pair.Second - pair.First, 6));
    }

    [Fact]
    public void poisson_arrivals_have_the_rate_and_gaps_whose_deviation_is_their_mean()
    {
        var times = Times(Options() with { Rate = 5000, Duration = TimeSpan.FromSeconds(20) });
        var gaps = times.Zip(times.Skip(1), (first, second) => second - first).ToArray();
        var mean = gaps.Average();

        // 100,000 expected, deviation 316: five of them.
        Assert.InRange(times.Count, 98_400, 101_600);
        Assert.InRange(Math.Sqrt(gaps.Average(gap => (gap - mean) * (gap - mean))) / mean, .97, 1.03);
    }

    [Fact]
    public void a_burst_comes_on_top_and_only_in_its_time()
    {
        var times = Times(Options() with { Arrivals = ArrivalKind.Constant, Rate = 100, Duration = TimeSpan.FromSeconds(10), Burst = new BurstOption(4, 2, 5) });

        Assert.InRange(times.Count(at => at is >= 4 and < 6), 990, 1010);
        Assert.InRange(times.Count(at => at is >= 0 and < 4), 395, 405);
    }

    [Fact]
    public void a_day_keeps_its_mean_rate_and_is_quiet_at_its_beginning()
    {
        var times = Times(Options() with { Arrivals = ArrivalKind.Constant, Rate = 100, Duration = TimeSpan.FromSeconds(24), DayShape = true });

        Assert.InRange(times.Count, 2390, 2410);
        Assert.True(times.Count(at => at < 4) * 2 < times.Count(at => at is >= 14 and < 18));
    }

    [Theory]
    [InlineData("at=1,for=2", "--burst is 'at=1,for=2'")]
    [InlineData("at=1,for=2,x=no", "--burst")]
    [InlineData("when=1,for=2,x=2", "--burst")]
    public void a_burst_that_does_not_read_so_is_refused(string text, string reason) =>
        Assert.Contains(reason, Assert.Throws<InputException>(() => BurstOption.Parse(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("p99=20ms", .99, 20)]
    [InlineData("p99.9=1.5ms", .999, 1.5)]
    public void an_objective_reads_as_written(string text, double quantile, double milliseconds)
    {
        var slo = Slo.Parse(text);

        Assert.Equal((quantile, milliseconds), (slo.Quantile, slo.Bound.TotalMilliseconds));
    }

    [Theory]
    [InlineData("p99=20")]
    [InlineData("p98=20ms")]
    [InlineData("p99=0ms")]
    [InlineData("fast")]
    public void an_objective_that_does_not_read_so_is_refused(string text) => Assert.Throws<InputException>(() => Slo.Parse(text));

    [Fact]
    public void faults_that_sum_to_more_than_one_or_are_unknown_are_refused()
    {
        Assert.NotEmpty(FaultShares.Parse("duplicates=0.9,late=0.2").Validate());
        Assert.Empty(FaultShares.Parse("duplicates=0.02,late=0.01,reordered=0.01,malformed=0.01").Validate());
        Assert.Throws<InputException>(() => FaultShares.Parse("lost=0.1"));
    }

    private static LoadOptions Options() => new() { Urls = [new Uri("http://127.0.0.1:1")], Rate = 1 };

    private static List<double> Times(LoadOptions options)
    {
        var schedule = new ArrivalSchedule(options);
        var times = new List<double>();
        while (schedule.TryNext(out var at))
        {
            times.Add(at);
        }

        return times;
    }
}
