namespace PmOrleans.Decisioning.Tests;

/// <summary>Pearson's chi-square test.</summary>
internal static class Chi
{
    /// <summary>Upper 1e-6 point of the normal distribution: a true hypothesis fails once in a million seeds, and the seeds here are fixed.</summary>
    private const double Z = 4.753;

    /// <summary>Whether counts fit probabilities at an error probability of 1e-6. Cells expected below 5 are thrown together.</summary>
    public static void AssertFits(IEnumerable<(long Observed, double Probability)> cells, long draws)
    {
        double statistic = 0, pooledExpected = 0;
        long pooledObserved = 0;
        var used = 0;
        foreach (var (observed, probability) in cells)
        {
            var expected = probability * draws;
            if (expected < 5)
            {
                pooledExpected += expected;
                pooledObserved += observed;
                continue;
            }

            statistic += (observed - expected) * (observed - expected) / expected;
            used++;
        }

        if (pooledExpected >= 5)
        {
            statistic += (pooledObserved - pooledExpected) * (pooledObserved - pooledExpected) / pooledExpected;
            used++;
        }
        else
        {
            Assert.True(pooledObserved <= pooledExpected + 25, $"{pooledObserved} draws where {pooledExpected} were expected");
        }

        Assert.True(statistic <= Critical(used - 1), $"chi-square {statistic} with {used - 1} degrees of freedom, at most {Critical(used - 1)}");
    }

    /// <summary>Wilson and Hilferty 1931.</summary>
    private static double Critical(int degrees)
    {
        var ninth = 2.0 / (9 * Math.Max(1, degrees));
        return Math.Max(1, degrees) * Math.Pow(1 - ninth + (Z * Math.Sqrt(ninth)), 3);
    }
}
