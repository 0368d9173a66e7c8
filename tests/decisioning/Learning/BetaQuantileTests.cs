using PmOrleans.Decisioning.Learning;

namespace PmOrleans.Decisioning.Tests.Learning;

public sealed class BetaQuantileTests
{
    [Theory]
    [InlineData(.025)]
    [InlineData(.5)]
    [InlineData(.975)]
    public void closed_forms_are_met(double share)
    {
        foreach (double parameter in new[] { .01, .5, 1, 7, 300, 1e5, 1e7 })
        {
            Assert.Equal(1, BetaQuantile.Of(share, parameter, 1) / Math.Pow(share, 1 / parameter), 1e-7);
            Assert.Equal(1, BetaQuantile.Of(share, 1, parameter) / -double.ExpM1(Math.Log(1 - share) / parameter), 1e-6);
        }

        Assert.Equal(Math.Pow(Math.Sin(Math.PI * share / 2), 2), BetaQuantile.Of(share, .5, .5), 1e-10);
    }

    [Fact]
    public void a_rare_reward_among_millions_keeps_its_digits()
    {
        foreach (double beta in new[] { 100.0, 1e4, 1e6 })
        {
            double x = BetaQuantile.Of(.025, 2, beta);

            // cdf of Beta(2, b) = 1 - (1 - x)^b (1 + b x)
            Assert.Equal(.025, 1 - Math.Exp(beta * Math.Log(1 - x)) * (1 + beta * x), 1e-8);
        }
    }

    [Fact]
    public void the_median_of_a_symmetric_beta_is_one_half()
    {
        foreach (double parameter in new[] { .3, 2, 50, 1e4, 1e6 }) Assert.Equal(.5, BetaQuantile.Of(.5, parameter, parameter), 1e-8);
    }

    [Fact]
    public void published_values_are_met()
    {
        Assert.Equal(.07485, BetaQuantile.Of(.025, 3, 7), 1e-5);
        Assert.Equal(.60009, BetaQuantile.Of(.975, 3, 7), 1e-5);
        Assert.Equal(Math.Log(Math.Sqrt(Math.PI)), BetaQuantile.LogGamma(.5), 1e-13);
        Assert.Equal(Math.Log(362_880), BetaQuantile.LogGamma(10), 1e-13);
    }
}
