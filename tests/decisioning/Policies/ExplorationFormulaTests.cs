using PmOrleans.Decisioning.Policies;

namespace PmOrleans.Decisioning.Tests.Policies;

public sealed class ExplorationFormulaTests
{
    [Fact]
    public void greedy_shares_ties_and_leaves_the_floor_to_the_rest()
    {
        Assert.Equal([.015, .485, .485, .015], Distribute(new() { Kind = ExplorationKind.Greedy, Floor = .06 }, [1, 3, 3, 2]), Close);
    }

    [Fact]
    public void epsilon_greedy_spreads_epsilon_before_the_floor()
    {
        Assert.Equal([.9 * .95 + .1 * .5, .9 * .05 + .1 * .5], Distribute(new() { Kind = ExplorationKind.EpsilonGreedy, Epsilon = .1, Floor = .1 }, [2, 1]), Close);
    }

    [Fact]
    public void softmax_halves_at_the_temperature_times_ln_two()
    {
        double[] probabilities = Distribute(new() { Kind = ExplorationKind.Softmax, Temperature = .25, Floor = 0 }, [8, 8 - .25 * 4 * Math.Log(2)], new(0, 4));

        Assert.Equal([2.0 / 3, 1.0 / 3], probabilities, Close);
    }

    [Fact]
    public void square_cb_weighs_by_the_inverse_of_the_scaled_gap()
    {
        // gamma = 10 x 400^.5 = 200; gaps .1 and .4 of a scale of 5
        double[] probabilities = Distribute(new() { Kind = ExplorationKind.SquareCb, Floor = 0 }, [2, 1.5, 0], new(400, 5));

        double second = 1 / (3 + 200 * .1), third = 1 / (3 + 200 * .4);
        Assert.Equal([1 - second - third, second, third], probabilities, Close);
    }

    [Fact]
    public void square_cb_without_a_scale_takes_the_widest_gap()
    {
        double[] none = Distribute(new() { Kind = ExplorationKind.SquareCb }, [2, 1.5, 0], new(400, 0));
        double[] tiny = Distribute(new() { Kind = ExplorationKind.SquareCb }, [2, 1.5, 0], new(400, 1e-9));
        double[] widest = Distribute(new() { Kind = ExplorationKind.SquareCb }, [2, 1.5, 0], new(400, 2));

        Assert.Equal(widest, none);
        Assert.Equal(widest, tiny);
    }

    [Fact]
    public void names_are_those_of_the_catalog_and_lead_to_their_kind()
    {
        Assert.Equal("greedy epsilonGreedy softmax squareCb thompson", string.Join(' ', Explorations.Names));
        foreach (var kind in Enum.GetValues<ExplorationKind>())
        {
            Assert.True(Explorations.TryParse(Explorations.NameOf(kind), out var parsed));
            Assert.Equal(kind, parsed);
        }

        Assert.False(Explorations.TryParse("Greedy", out _));
        Assert.False(Explorations.TryParse(null, out _));
    }

    [Fact]
    public void all_wrong_options_are_named_at_once()
    {
        var options = new ExplorationOptions
        {
            Kind = (ExplorationKind)99, Floor = -1, Epsilon = double.NaN, Temperature = 0, GammaScale = double.PositiveInfinity, GammaExponent = 2,
        };

        Assert.Equal("kind floor epsilon temperature gammaScale gammaExponent", string.Join(' ', options.Validate().Select(problem => problem.Field)));
        Assert.Empty(new ExplorationOptions().Validate());
        Assert.Throws<ArgumentException>(() => Explorations.Create(options));
    }

    private static bool Close(double left, double right) => Math.Abs(left - right) < 1e-12;

    private static double[] Distribute(ExplorationOptions options, double[] scores, ExplorationInput input = default)
    {
        double[] probabilities = new double[scores.Length];
        Explorations.Create(options).Distribute(scores, new double[scores.Length], input, probabilities);
        return probabilities;
    }
}
