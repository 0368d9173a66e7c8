using PmOrleans.Decisioning.Policies;

namespace PmOrleans.Decisioning.Tests.Policies;

public sealed class ThompsonSamplingTests
{
    [Fact]
    public void the_published_case_is_met()
    {
        double[] probabilities = Compute([.2, .25, .1], [.05, .02, .1]);

        Assert.Equal(.1673212, probabilities[0], 2e-6);
        Assert.Equal(.7679150, probabilities[1], 2e-6);
        Assert.Equal(.0647638, probabilities[2], 2e-6);
    }

    [Fact]
    public void two_arms_agree_with_the_closed_form()
    {
        var random = new Random(8);
        for (int round = 0; round < 500; round++)
        {
            double left = random.NextDouble(), right = random.NextDouble();
            double leftSpread = Math.Pow(10, -8 * random.NextDouble()), rightSpread = Math.Pow(10, -8 * random.NextDouble());

            double[] probabilities = Compute([left, right], [leftSpread, rightSpread]);

            double expected = NormalTable.Cdf((left - right) / Math.Sqrt(leftSpread * leftSpread + rightSpread * rightSpread));
            Assert.Equal(expected, probabilities[0], 1e-6);
        }
    }

    [Theory]
    [InlineData(3, 1)]
    [InlineData(8, 1)]
    [InlineData(20, 1)]
    [InlineData(50, 1)]
    [InlineData(200, 1)]
    [InlineData(5, 3)]
    [InlineData(30, 3)]
    [InlineData(200, 2)]
    public void random_cases_agree_with_brute_force(int arms, double decades)
    {
        var random = new Random(arms + (int)decades);
        for (int round = 0; round < 6; round++)
        {
            double[] means = new double[arms], spreads = new double[arms];
            for (int arm = 0; arm < arms; arm++)
            {
                means[arm] = random.NextDouble() * (round % 3 == 0 ? .1 : 1);
                spreads[arm] = Math.Pow(10, -decades * random.NextDouble());
            }

            double[] probabilities = Compute(means, spreads);

            double[] expected = BruteForce(means, spreads);
            for (int arm = 0; arm < arms; arm++) Assert.Equal(expected[arm], probabilities[arm], 5e-6);
        }
    }

    [Fact]
    public void equal_arms_share_equally_however_many()
    {
        foreach (int arms in new[] { 2, 10, 50, 200, 2_000 })
        {
            double[] probabilities = Compute([.. Enumerable.Repeat(.3, arms)], [.. Enumerable.Repeat(.1, arms)]);

            Assert.All(probabilities, probability => Assert.Equal(1.0 / arms, probability, 1e-12));
        }
    }

    [Fact]
    public void unnormalised_shares_of_many_equal_arms_sum_to_one()
    {
        // Before normalisation the sum shows the error of the integration itself.
        foreach (int arms in new[] { 1, 2, 10, 50, 200, 2_000, 10_000 })
        {
            double[] raw = new double[arms];

            HighestOfNormals.Probabilities([.. Enumerable.Repeat(.3, arms)], [.. Enumerable.Repeat(.1, arms)], raw);

            Assert.Equal(1, raw.Sum(), arms > 1_000 ? 2e-5 : 1e-6);
        }
    }

    [Fact]
    public void certain_arms_win_what_no_uncertain_arm_exceeds_and_share_ties()
    {
        // two certain arms at 1, one certain below, one normal at 1: it exceeds 1 half of the time
        double[] probabilities = Compute([1, 1, .5, 1], [0, 0, 0, .2]);

        Assert.Equal([.25, .25, 0, .5], probabilities, (left, right) => Math.Abs(left - right) < 1e-7);
    }

    [Fact]
    public void a_certain_arm_against_two_normals_agrees_with_the_product_of_their_tails()
    {
        double[] probabilities = Compute([.5, .4, .3], [0, .1, .2]);

        Assert.Equal(NormalTable.Cdf(1) * NormalTable.Cdf(1), probabilities[0], 1e-7);
        Assert.Equal(1, probabilities.Sum(), 1e-12);
    }

    [Fact]
    public void only_certain_arms_are_greedy()
    {
        Assert.Equal([0, .5, .5], Compute([1, 2, 2], [0, 0, 0]));
    }

    [Fact]
    public void shift_and_scale_do_not_matter()
    {
        double[] plain = Compute([.2, .25, .1], [.05, .02, .1]);

        Assert.Equal(plain, Compute([.2e200, .25e200, .1e200], [.05e200, .02e200, .1e200]), (left, right) => Math.Abs(left - right) < 1e-9);
        Assert.Equal(plain, Compute([.2e-200, .25e-200, .1e-200], [.05e-200, .02e-200, .1e-200]), (left, right) => Math.Abs(left - right) < 1e-9);
        Assert.Equal(plain, Compute([-7.8, -7.75, -7.9], [.05, .02, .1]), (left, right) => Math.Abs(left - right) < 1e-9);
    }

    [Fact]
    public void the_table_is_within_its_stated_error()
    {
        double worstLog = 0, worstSlope = 0;
        for (int i = 0; i < 200_000; i++)
        {
            double z = -NormalTable.Reach + i * (2 * NormalTable.Reach / 200_000);
            double position = (z + NormalTable.Reach) * NormalTable.CellsPerUnit;
            int cell = (int)position;
            double t = position - cell;
            var c = NormalTable.Coefficients.AsSpan(cell * NormalTable.Stride, NormalTable.Stride);
            double cdf = NormalTable.Cdf(z);
            worstLog = Math.Max(worstLog, Math.Abs(c[0] + t * (c[1] + t * (c[2] + t * c[3])) - Math.Log(cdf)));
            worstSlope = Math.Max(worstSlope, Math.Abs(c[4] + t * (c[5] + t * (c[6] + t * c[7])) - NormalTable.Density(z) / cdf));
        }

        Assert.InRange(worstLog, 0, 5e-9);
        Assert.InRange(worstSlope, 0, 5e-9);
    }

    [Theory]
    [InlineData(0, .5)]
    [InlineData(1, .841344746068542949)]
    [InlineData(-1, .158655253931457051)]
    [InlineData(-2.4999, 0.006211416822374)]
    [InlineData(-2.5001, 0.006207911)]
    [InlineData(-3, .00134989803163009)]
    [InlineData(-6, 9.86587645037698e-10)]
    public void the_distribution_function_meets_published_values(double z, double expected)
    {
        Assert.Equal(1, NormalTable.Cdf(z) / expected, 1e-6);
        if (z == Math.Round(z)) Assert.Equal(1, NormalTable.Cdf(z) / expected, 1e-13);
    }

    private static double[] Compute(double[] means, double[] spreads)
    {
        double[] probabilities = new double[means.Length];
        Explorations.Create(new ExplorationOptions { Kind = ExplorationKind.Thompson, Floor = 0 }).Distribute(means, spreads, default, probabilities);
        return probabilities;
    }

    /// <summary>Trapezoid over everything within 8 spreads that can win, at a third of the smallest spread that can: slow and simple.</summary>
    private static double[] BruteForce(double[] means, double[] spreads)
    {
        int arms = means.Length;
        double low = Enumerable.Range(0, arms).Max(arm => means[arm] - 8 * spreads[arm]);
        double high = Enumerable.Range(0, arms).Max(arm => means[arm] + 8 * spreads[arm]);
        int[] inPlay = [.. Enumerable.Range(0, arms).Where(arm => means[arm] + 8 * spreads[arm] > low)];
        double width = inPlay.Min(arm => spreads[arm]) / 3; // the trapezoid of an analytic peak converges exponentially
        double[] won = new double[arms], cdf = new double[arms];
        for (double u = low; u < high; u += width)
        {
            double all = 1;
            foreach (int arm in inPlay) all *= cdf[arm] = NormalTable.Cdf((u - means[arm]) / spreads[arm]);
            if (all == 0) continue;
            foreach (int arm in inPlay) won[arm] += NormalTable.Density((u - means[arm]) / spreads[arm]) / spreads[arm] * all / cdf[arm] * width;
        }

        return won;
    }
}
