using PmOrleans.Decisioning.Policies;

namespace PmOrleans.Decisioning.Tests.Policies;

/// <summary>What every exploration must hold, whatever it is fed.</summary>
public sealed class ExplorationContractTests
{
    public static TheoryData<ExplorationKind> Kinds => [.. Enum.GetValues<ExplorationKind>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void probabilities_sum_to_one_and_respect_the_floor_on_random_arms(ExplorationKind kind)
    {
        var random = new Random(11);
        foreach (double floor in new[] { 0, .02, .5, 1 })
        {
            var exploration = Explorations.Create(new ExplorationOptions { Kind = kind, Floor = floor });
            for (int round = 0; round < 200; round++)
            {
                var (scores, spreads) = RandomArms(random, 1 + random.Next(60));

                AssertDistribution(exploration, scores, spreads, floor, new ExplorationInput(random.Next(100_000), random.NextDouble() * 10));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void extreme_inputs_give_finite_probabilities_that_sum_to_one(ExplorationKind kind)
    {
        var exploration = Explorations.Create(new ExplorationOptions { Kind = kind });
        foreach (double[] scores in ExtremeScores())
        {
            foreach (double scale in new[] { 0, 1, -1, double.Epsilon, 1e-300, 1e300, double.MaxValue, double.NaN, double.PositiveInfinity })
            {
                foreach (double spread in new[] { 0, double.Epsilon, 1e-310, 1e-12, 1, 1e300, double.MaxValue })
                {
                    double[] same = [.. scores.Select(_ => spread)];
                    double[] mixed = [.. scores.Select((_, arm) => arm % 2 == 0 ? spread : 0)];

                    AssertDistribution(exploration, scores, same, .02, new ExplorationInput(long.MaxValue, scale));
                    AssertDistribution(exploration, scores, mixed, .02, new ExplorationInput(0, scale));
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void ten_thousand_arms_still_sum_to_one(ExplorationKind kind)
    {
        var exploration = Explorations.Create(new ExplorationOptions { Kind = kind });
        var (scores, spreads) = RandomArms(new Random(5), 10_000);

        AssertDistribution(exploration, scores, spreads, .02, new ExplorationInput(1_000, 1));
        AssertDistribution(exploration, new double[10_000], spreads, .02, new ExplorationInput(1_000, 1));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void permuting_the_arms_permutes_the_probabilities(ExplorationKind kind)
    {
        var random = new Random(3);
        var exploration = Explorations.Create(new ExplorationOptions { Kind = kind });
        var input = new ExplorationInput(500, 2);
        for (int round = 0; round < 200; round++)
        {
            var (scores, spreads) = RandomArms(random, 2 + random.Next(30));
            if (round % 3 == 0) scores[1] = scores[0]; // ties must not depend on position
            int[] order = [.. Enumerable.Range(0, scores.Length)];
            random.Shuffle(order);
            double[] plain = new double[scores.Length], permuted = new double[scores.Length];

            exploration.Distribute(scores, spreads, input, plain);
            exploration.Distribute([.. order.Select(arm => scores[arm])], [.. order.Select(arm => spreads[arm])], input, permuted);

            for (int position = 0; position < order.Length; position++) Assert.Equal(plain[order[position]], permuted[position], 1e-12);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void equal_arms_share_equally(ExplorationKind kind)
    {
        var exploration = Explorations.Create(new ExplorationOptions { Kind = kind });
        double[] probabilities = new double[7];

        exploration.Distribute([-.3, -.3, -.3, -.3, -.3, -.3, -.3], [.1, .1, .1, .1, .1, .1, .1], new ExplorationInput(100, 1), probabilities);

        Assert.All(probabilities, probability => Assert.Equal(1.0 / 7, probability, 1e-12));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void a_better_arm_is_never_less_likely_at_equal_spreads(ExplorationKind kind)
    {
        var exploration = Explorations.Create(new ExplorationOptions { Kind = kind });
        double[] probabilities = new double[5];

        exploration.Distribute([1, 2, 3, 4, 5], [1, 1, 1, 1, 1], new ExplorationInput(100, 5), probabilities);

        for (int arm = 1; arm < 5; arm++) Assert.True(probabilities[arm] >= probabilities[arm - 1]);
        Assert.True(probabilities[4] > probabilities[0]);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void a_single_arm_gets_exactly_one(ExplorationKind kind)
    {
        var exploration = Explorations.Create(new ExplorationOptions { Kind = kind });
        double[] probabilities = new double[1];

        exploration.Distribute([-7], [3], default, probabilities);

        Assert.Equal(1.0, probabilities[0]);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void impossible_inputs_are_refused(ExplorationKind kind)
    {
        var exploration = Explorations.Create(new ExplorationOptions { Kind = kind });
        double[] two = new double[2];

        Assert.Throws<ArgumentException>(() => exploration.Distribute([], [], default, []));
        Assert.Throws<ArgumentException>(() => exploration.Distribute([1, 2], [1], default, two));
        Assert.Throws<ArgumentException>(() => exploration.Distribute([1, 2], [1, 1], default, new double[3]));
        Assert.Throws<ArgumentException>(() => exploration.Distribute([1, double.NaN], [1, 1], default, two));
        Assert.Throws<ArgumentException>(() => exploration.Distribute([1, double.PositiveInfinity], [1, 1], default, two));
        Assert.Throws<ArgumentException>(() => exploration.Distribute([1, 2], [1, -1], default, two));
        Assert.Throws<ArgumentException>(() => exploration.Distribute([1, 2], [1, double.NaN], default, two));
    }

    /// <remarks>Chi-square with 9 degrees of freedom, upper quantile of 1e-6: a right exploration fails once in a million seeds.</remarks>
    [Theory]
    [MemberData(nameof(Kinds))]
    public void two_hundred_thousand_draws_match_the_probabilities(ExplorationKind kind)
    {
        var random = new Random(20_261_122);
        var exploration = Explorations.Create(new ExplorationOptions { Kind = kind, Floor = .1 });
        double[] scores = [.2, .25, .1, .24, .22, .05, .3, .18, .28, .27], spreads = [.05, .02, .1, .03, .03, .2, .01, .04, .06, .02];
        double[] probabilities = new double[10];
        exploration.Distribute(scores, spreads, new ExplorationInput(400, 1), probabilities);
        long[] drawn = new long[10];

        for (int draw = 0; draw < 200_000; draw++) drawn[ProbabilityDraw.Index(probabilities, random.NextDouble())]++;

        double chiSquare = 0;
        for (int arm = 0; arm < 10; arm++)
        {
            double expected = probabilities[arm] * 200_000;
            chiSquare += (drawn[arm] - expected) * (drawn[arm] - expected) / expected;
        }

        Assert.True(chiSquare < 45.08, $"chi-square {chiSquare}");
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void a_distribution_allocates_nothing(ExplorationKind kind)
    {
        var exploration = Explorations.Create(new ExplorationOptions { Kind = kind });
        var (scores, spreads) = RandomArms(new Random(1), 100);
        double[] probabilities = new double[100];
        for (int warm = 0; warm < 100; warm++) exploration.Distribute(scores, spreads, new ExplorationInput(10, 1), probabilities);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int round = 0; round < 100; round++) exploration.Distribute(scores, spreads, new ExplorationInput(10, 1), probabilities);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void AssertDistribution(IExploration exploration, double[] scores, double[] spreads, double floor, ExplorationInput input)
    {
        double[] probabilities = new double[scores.Length];
        Array.Fill(probabilities, double.NaN); // what was in the buffer must not matter

        exploration.Distribute(scores, spreads, input, probabilities);

        decimal sum = 0;
        foreach (double probability in probabilities)
        {
            Assert.True(double.IsFinite(probability), $"{probability} among {scores.Length} arms, first score {scores[0]}, spread {spreads[0]}, scale {input.ScoreScale}");
            Assert.True(probability >= floor / scores.Length * (1 - 1e-12), $"{probability} is below the floor");
            sum += (decimal)probability;
        }

        Assert.Equal(1.0, (double)sum, 1e-12);
    }

    private static (double[] Scores, double[] Spreads) RandomArms(Random random, int count)
    {
        double[] scores = new double[count], spreads = new double[count];
        for (int arm = 0; arm < count; arm++)
        {
            scores[arm] = random.NextDouble() * 4 - 2;
            spreads[arm] = random.Next(5) == 0 ? 0 : Math.Pow(10, random.NextDouble() * 6 - 5);
        }

        return (scores, spreads);
    }

    private static double[][] ExtremeScores() =>
    [
        [0, 0, 0, 0],
        [-0.0, 0],
        [1e300, -1e300, 0],
        [double.MaxValue, double.MinValue, 0, 1],
        [double.MaxValue, double.MaxValue, -double.MaxValue],
        [double.Epsilon, 0, -double.Epsilon],
        [1e-310, 3e-310, 2e-310],
        [1, 1 + 1e-16, 1 + 2.3e-16, 1 - 1.2e-16],
        [1e-300, 1e300],
        [1e15, 1e15 + .125, 1e15 - .125],
        [-1e9, -1e-9, -5],
    ];
}
