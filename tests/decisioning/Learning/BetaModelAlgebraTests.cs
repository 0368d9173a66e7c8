using System.Buffers;
using FsCheck;
using FsCheck.Fluent;
using PmOrleans.Decisioning.Learning;

namespace PmOrleans.Decisioning.Tests.Learning;

/// <summary>Order, merging and storage: the state is a function of the set of facts.</summary>
public sealed class BetaModelAlgebraTests
{
    private const long Minute = 60_000_000;

    private static readonly BetaOptions Options = new() { HalfLife = TimeSpan.FromMinutes(37), RewardWindow = TimeSpan.FromMinutes(64) };

    [Fact]
    public void any_order_of_folding_ends_in_the_same_state() => ForAllSeeds(seed =>
    {
        var random = new Random(seed);
        var facts = Facts(random);
        var inOrder = Fold(facts);
        random.Shuffle(facts);

        return Same(inOrder, Fold(facts));
    });

    [Fact]
    public void any_split_merges_to_the_whole() => ForAllSeeds(seed =>
    {
        var random = new Random(seed);
        var facts = Facts(random);
        var side = facts.ToLookup(_ => random.Next(3));
        var merged = Fold([.. side[0]]);
        merged.Merge(Fold([.. side[1]]));
        merged.Merge(Fold([.. side[2]]));
        var other = Fold([.. side[2]]);
        other.Merge(Fold([.. side[0]]));
        other.Merge(Fold([.. side[1]]));

        return Same(Fold(facts), merged) && Same(merged, other);
    });

    [Fact]
    public void storage_returns_the_same_state() => ForAllSeeds(seed =>
    {
        var model = Fold(Facts(new Random(seed)));
        byte[] bytes = Write(model);

        var read = BetaModel.Read(bytes, Options);

        return bytes.AsSpan().SequenceEqual(Write(read)) && Same(model, read) && model.Publish(Minute)[3, 0] == read.Publish(Minute)[3, 0];
    });

    [Fact]
    public void damaged_states_are_refused()
    {
        byte[] bytes = Write(Fold(Facts(new Random(1))));
        byte[] unknown = [.. bytes];
        unknown[0] = 99;

        for (int length = 0; length < bytes.Length; length += 13) Assert.Throws<InvalidDataException>(() => BetaModel.Read(bytes.AsSpan(0, length), Options));
        Assert.Throws<InvalidDataException>(() => BetaModel.Read([.. bytes, 0], Options));
        Assert.Contains("99", Assert.Throws<InvalidDataException>(() => BetaModel.Read(unknown, Options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void a_state_folded_with_another_half_life_or_window_is_refused()
    {
        byte[] bytes = Write(Fold(Facts(new Random(1))));

        Assert.Throws<InvalidDataException>(() => BetaModel.Read(bytes, Options with { HalfLife = null }));
        Assert.Throws<InvalidDataException>(() => BetaModel.Read(bytes, Options with { RewardWindow = TimeSpan.FromHours(2) }));
        Assert.Equal(2, BetaModel.Read(bytes, Options with { PriorAlpha = 2 }).Options.PriorAlpha);
    }

    private static void ForAllSeeds(Func<int, bool> holds) =>
        Check.One(Config.QuickThrowOnFailure.WithReplay(20_261_122, 7), Prop.ForAll(ArbMap.Default.ArbFor<int>(), holds));

    /// <summary>Trials and outcomes over some four windows; some outcomes missing, some before their trial.</summary>
    private static Action<BetaModel>[] Facts(Random random)
    {
        List<(long At, Action<BetaModel> Fold)> facts = [];
        for (int i = random.Next(150); i >= 0; i--)
        {
            var arm = new ArmKey(4, random.Next(5), random.Next(3));
            long decided = (long)(random.NextDouble() * 256 * Minute);
            facts.Add((decided, model => model.Trial(arm, decided)));
            if (random.Next(5) == 0) continue;
            bool rewarded = random.Next(3) == 0;
            long delay = rewarded ? (long)(random.NextDouble() * 64 * Minute) : 64 * Minute;
            facts.Add((decided + delay, model => model.Resolve(arm, decided, decided + delay, rewarded, delay)));
        }

        return [.. facts.OrderBy(fact => fact.At).Select(fact => fact.Fold)];
    }

    private static BetaModel Fold(Action<BetaModel>[] facts)
    {
        var model = new BetaModel(4, Options);
        foreach (var fold in facts) fold(model);
        return model;
    }

    private static bool Same(BetaModel left, BetaModel right)
    {
        const long now = 300 * Minute;
        if ((left.Version, left.Observations) != (right.Version, right.Observations)) return false;
        if (left.Delays.Newest != right.Delays.Newest || !left.Delays.Matured.SequenceEqual(right.Delays.Matured)) return false;
        for (int age = 0; age < DelayHistogram.Rows && left.Delays.Newest != long.MinValue; age++)
            if (!left.Delays.Row(left.Delays.Newest - age).SequenceEqual(right.Delays.Row(left.Delays.Newest - age))) return false;
        var rows = left.Report(now).Zip(right.Report(now)).ToList();
        return left.Report(now).Count == right.Report(now).Count && rows.TrueForAll(row =>
            (row.First.Arm, row.First.Trials, row.First.Rewards, row.First.Pending, row.First.LastUpdate)
                == (row.Second.Arm, row.Second.Trials, row.Second.Rewards, row.Second.Pending, row.Second.LastUpdate)
            && Close(row.First.Estimate.Rate, row.Second.Estimate.Rate) && Close(row.First.Estimate.Spread, row.Second.Estimate.Spread)
            && Close(row.First.Estimate.Trials, row.Second.Estimate.Trials) && Close(row.First.Estimate.Rewards, row.Second.Estimate.Rewards));

        static bool Close(double a, double b) => Math.Abs(a - b) <= 1e-9 * Math.Max(1, Math.Abs(a));
    }

    private static byte[] Write(BetaModel model)
    {
        var buffer = new ArrayBufferWriter<byte>();
        model.Write(buffer);
        return buffer.WrittenSpan.ToArray();
    }
}
