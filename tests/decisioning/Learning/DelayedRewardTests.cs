using PmOrleans.Decisioning.Learning;
using Xunit.Abstractions;

namespace PmOrleans.Decisioning.Tests.Learning;

/// <summary>A new offer among old ones, rewards on their way: what is believed of it after two hours of a day-long window.</summary>
public sealed class DelayedRewardTests(ITestOutputHelper output)
{
    private const long Second = 1_000_000;
    private const long Hour = 3_600 * Second;
    private const long Window = 24 * Hour;
    private const int Runs = 60;

    private static readonly ArmKey Old = new(1, 0, 0), New = new(1, 1, 0);

    /// <remarks>
    /// Some 4,000 trials of the new arm, of which a sixth of the rewards has come: 66 (at .1) or 330 (at .5) rewards a run, so the mean of 60
    /// runs has a standard error of 1.6 % or .5 %. Bounds are 4 of them and 1 % for the rest: one seed in 10,000 fails.
    /// </remarks>
    [Theory]
    [InlineData(.1, .075)]
    [InlineData(.5, .03)]
    public void a_new_arm_equal_to_the_old_one_is_believed_equal(double rate, double bound)
    {
        double estimate = 0, resolvedOnly = 0, unresolvedAsFailed = 0, old = 0;
        for (int seed = 0; seed < Runs; seed++)
        {
            long now = 5 * Window;
            var random = new Random(seed);
            var model = new BetaModel(1, new BetaOptions());
            Simulate(model, Old, rate, 0, now, 9 * Second * 10, now, random);
            Simulate(model, New, rate, now - 2 * Hour, now, 18 * Second / 10, now, random);

            var report = model.Report(now);

            double rewards = report[1].Rewards, trials = report[1].Trials, resolved = trials - report[1].Pending;
            estimate += report[1].Estimate.Rate / Runs;
            old += report[0].Estimate.Rate / Runs;
            resolvedOnly += (1 + rewards) / (2 + resolved) / Runs;
            unresolvedAsFailed += (1 + rewards) / (2 + trials) / Runs;
        }

        output.WriteLine($"true {rate}: believed {estimate:F4}, old arm {old:F4}; resolved only {resolvedOnly:F4}, unresolved as failed {unresolvedAsFailed:F4}");
        Assert.InRange(estimate / rate, 1 - bound, 1 + bound);
        Assert.InRange(old / rate, .97, 1.03);
        Assert.True(resolvedOnly > 1.9 * rate, "counting resolved trials alone was expected to flatter the new arm");
        Assert.True(unresolvedAsFailed < .4 * rate, "counting unresolved trials as failures was expected to hurt the new arm");
    }

    /// <summary>Trials at a steady pace; rewards after an exponential delay of 8 hours cut at the window; everything known by now is folded.</summary>
    private static void Simulate(BetaModel model, ArmKey arm, double rate, long from, long to, long pace, long now, Random random)
    {
        for (long decided = from; decided < to; decided += pace)
        {
            model.Trial(arm, decided);
            long delay = long.MaxValue;
            if (random.NextDouble() < rate)
            {
                do delay = (long)(-Math.Log(1 - random.NextDouble()) * 8 * Hour);
                while (delay > Window);
            }

            if (delay != long.MaxValue && decided + delay <= now) model.Resolve(arm, decided, decided + delay, rewarded: true, delay);
            else if (delay == long.MaxValue && decided + Window <= now) model.Resolve(arm, decided, decided + Window, rewarded: false, 0);
        }
    }
}
