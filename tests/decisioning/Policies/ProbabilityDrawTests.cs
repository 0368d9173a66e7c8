using PmOrleans.Decisioning.Policies;

namespace PmOrleans.Decisioning.Tests.Policies;

public sealed class ProbabilityDrawTests
{
    private const double JustBelowOne = 1 - 1.0 / (1L << 53);

    [Theory]
    [InlineData(0, 1)]
    [InlineData(.2499999999, 1)]
    [InlineData(.25, 3)]
    [InlineData(.9999, 3)]
    [InlineData(JustBelowOne, 3)]
    public void an_arm_of_probability_zero_is_never_drawn(double uniform, int expected)
    {
        Assert.Equal(expected, ProbabilityDraw.Index([0, .25, 0, .75, 0], uniform));
    }

    [Fact]
    public void a_sum_short_of_one_never_runs_out_of_arms()
    {
        double[] tenths = [.1, .1, .1, .1, .1, .1, .1, .1, .1, .1, 0];

        Assert.True(tenths.Sum() < 1);
        Assert.Equal(9, ProbabilityDraw.Index(tenths, JustBelowOne));
    }

    [Theory]
    [InlineData(-1e-9)]
    [InlineData(1.0)]
    [InlineData(double.NaN)]
    public void a_number_outside_the_unit_interval_is_refused(double uniform)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => ProbabilityDraw.Index([1], uniform));
    }

    [Fact]
    public void no_positive_probability_is_refused()
    {
        Assert.Throws<ArgumentException>(() => ProbabilityDraw.Index([0, 0], .5));
        Assert.Throws<ArgumentException>(() => ProbabilityDraw.Index([], .5));
    }
}
