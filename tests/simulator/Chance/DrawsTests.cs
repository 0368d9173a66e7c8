using PmOrleans.Simulator.Chance;

namespace PmOrleans.Simulator.Tests.Chance;

public sealed class DrawsTests
{
    private const int Many = 200_000;

    [Fact]
    public void uniform_draws_fill_the_unit_interval_evenly()
    {
        var draws = new Draws(3);
        var bins = new int[50];
        for (ulong i = 0; i < Many; i++)
        {
            bins[(int)(draws.Uniform(i % 1000, i / 1000) * bins.Length)]++;
        }

        // Chi-squared with 49 degrees of freedom stays below 85.4 but once in a thousand seeds.
        var expected = (double)Many / bins.Length;
        Assert.True(bins.Sum(count => (count - expected) * (count - expected) / expected) < 85.4);
    }

    [Theory]
    [InlineData(.4)]
    [InlineData(1)]
    [InlineData(3)]
    public void gamma_draws_have_a_mean_of_one_and_the_variance_of_their_shape(double shape)
    {
        var draws = new Draws(3);
        var values = Enumerable.Range(0, Many).Select(i => draws.Gamma(shape, (ulong)i)).ToArray();
        var mean = values.Average();
        var variance = values.Average(value => (value - mean) * (value - mean));

        Assert.InRange(mean, 1 - (5 * Math.Sqrt(1 / shape / Many)), 1 + (5 * Math.Sqrt(1 / shape / Many)));
        Assert.InRange(variance * shape, .93, 1.07);
    }

    [Fact]
    public void normal_draws_have_mean_zero_and_variance_one()
    {
        var draws = new Draws(3);
        var values = Enumerable.Range(0, Many).Select(i => draws.Normal((ulong)i)).ToArray();

        Assert.InRange(values.Average(), -.012, .012);
        Assert.InRange(values.Average(value => value * value), .98, 1.02);
    }

    [Fact]
    public void streams_of_other_purposes_and_seeds_are_unrelated()
    {
        double product = 0, other = 0;
        for (ulong i = 0; i < Many; i++)
        {
            var first = new Draws(3).For(1).Uniform(i) - .5;
            product += first * (new Draws(3).For(2).Uniform(i) - .5);
            other += first * (new Draws(4).For(1).Uniform(i) - .5);
        }

        // Standard deviation of each mean is 1/12/sqrt(n); five of them.
        Assert.InRange(product / Many, -.00094, .00094);
        Assert.InRange(other / Many, -.00094, .00094);
    }
}
