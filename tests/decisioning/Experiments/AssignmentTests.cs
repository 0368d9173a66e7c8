using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Experiments;
using PmOrleans.Decisioning.Identity;

namespace PmOrleans.Decisioning.Tests.Experiments;

/// <summary>Statistical tests at an error probability of 1e-6 each, over keys in a row: the worst that a hash can be given.</summary>
public sealed class AssignmentTests
{
    private const int Customers = 1_000_000;

    private static readonly NodeHashes Hashes = new("sixteen secret b"u8);

    [Fact]
    public void assignment_is_uniform_over_a_million_customers()
    {
        double[] weights = [.5, .3, .15, .05];
        var experiment = Of(1, share: .4, weights);
        var counts = new long[weights.Length + 1];

        for (ulong i = 0; i < Customers; i++)
        {
            counts[Assignment.Of(experiment, new CustomerKey(0, i), Hashes)?.Number ?? 0]++;
        }

        Chi.AssertFits([(counts[0], .6), .. weights.Select((weight, v) => (counts[v + 1], .4 * weight))], Customers);
    }

    [Fact]
    public void two_hundred_experiments_are_independent_in_a_hundred_pairs()
    {
        var experiments = Enumerable.Range(1, 200).Select(number => Of(number, share: 1, .5, .3, .2)).ToArray();
        double[] weights = [.5, .3, .2];
        var counts = new long[100, 9];
        const int customers = 100_000;

        for (ulong i = 0; i < customers; i++)
        {
            var key = new CustomerKey(0, i);
            for (var pair = 0; pair < 100; pair++)
            {
                var left = Assignment.Of(experiments[2 * pair], key, Hashes)!.Number - 1;
                var right = Assignment.Of(experiments[(2 * pair) + 1], key, Hashes)!.Number - 1;
                counts[pair, (3 * left) + right]++;
            }
        }

        for (var pair = 0; pair < 100; pair++)
        {
            Chi.AssertFits(Enumerable.Range(0, 9).Select(cell => (counts[pair, cell], weights[cell / 3] * weights[cell % 3])), customers);
        }
    }

    [Fact]
    public void whether_one_is_in_says_nothing_of_the_variant_nor_of_the_holdout()
    {
        var (experiment, holdout) = (Of(1, share: .5, .5, .5), Holdout(.2));
        var counts = new long[6];
        const int customers = 200_000;

        for (ulong i = 0; i < customers; i++)
        {
            var key = new CustomerKey(0, i);
            counts[(3 * (Assignment.Of(holdout, key, Hashes)!.Number - 1)) + (Assignment.Of(experiment, key, Hashes)?.Number ?? 0)]++;
        }

        double[] inside = [.5, .25, .25], arms = [.2, .8];
        Chi.AssertFits(Enumerable.Range(0, 6).Select(cell => (counts[cell], arms[cell / 3] * inside[cell % 3])), customers);
    }

    [Fact]
    public void a_share_that_grows_keeps_who_is_in_with_the_same_variant()
    {
        for (ulong i = 0; i < 20_000; i++)
        {
            var key = new CustomerKey(i, 0);
            Variant? before = null;
            foreach (var share in (ReadOnlySpan<double>)[0, .01, .1, .5, .9, 1])
            {
                var now = Assignment.Of(Of(1, share, .5, .5), key, Hashes);
                Assert.True(before is null || now?.Number == before.Number);
                before = now;
            }

            Assert.NotNull(before);
        }
    }

    [Fact]
    public void experiments_of_a_layer_exclude_each_other_and_have_their_shares()
    {
        var left = Layered(1, from: 0, share: .2);
        var right = Layered(2, from: .3, share: .5);
        var counts = new long[3];

        for (ulong i = 0; i < Customers; i++)
        {
            var key = new CustomerKey(0, i);
            var (first, second) = (Assignment.Of(left, key, Hashes), Assignment.Of(right, key, Hashes));
            Assert.False(first is not null && second is not null);
            counts[first is not null ? 0 : second is not null ? 1 : 2]++;
        }

        Chi.AssertFits([(counts[0], .2), (counts[1], .5), (counts[2], .3)], Customers);
    }

    [Fact]
    public void without_the_stores_secret_nobody_can_tell_who_is_where()
    {
        var (here, elsewhere) = (Hashes, new NodeHashes("another secret b"u8));
        var experiment = Of(1, share: 1, .5, .5);

        var agree = Enumerable.Range(0, 100_000).Count(i =>
            Assignment.Of(experiment, new CustomerKey(0, (ulong)i), here)!.Number == Assignment.Of(experiment, new CustomerKey(0, (ulong)i), elsewhere)!.Number);

        Chi.AssertFits([(agree, .5), (100_000 - agree, .5)], 100_000);
    }

    private static Experiment Of(int number, double share, params double[] weights) => new()
    {
        Id = $"e{number}",
        Number = number,
        Share = share,
        Variants = [.. weights.Select((weight, i) => new Variant { Id = $"v{i}", Number = i + 1, Weight = weight })],
    };

    private static Experiment Layered(int number, double from, double share) => new()
    {
        Id = $"e{number}",
        Number = number,
        Layer = "l",
        LayerNumber = 1,
        From = from,
        Share = share,
        Variants = [new Variant { Id = "a", Number = 1, Weight = .5 }, new Variant { Id = "b", Number = 2, Weight = .5 }],
    };

    private static Experiment Holdout(double share) => new()
    {
        Id = Experiment.GlobalHoldout,
        Number = 99,
        Share = share,
        Variants = [new Variant { Id = "held-out", Number = 1, Weight = share }, new Variant { Id = "targeted", Number = 2, Weight = 1 - share }],
    };
}
