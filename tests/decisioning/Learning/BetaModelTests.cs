using PmOrleans.Decisioning.Learning;

namespace PmOrleans.Decisioning.Tests.Learning;

public sealed class BetaModelTests
{
    private const long Second = 1_000_000;
    private const long Hour = 3_600 * Second;
    private const long Day = 24 * Hour;
    private static readonly ArmKey Arm = new(1, 0, 0);

    [Fact]
    public void resolved_trials_give_the_posterior_of_their_counts()
    {
        var model = new BetaModel(1, new BetaOptions { PriorAlpha = 1, PriorBeta = 3 });
        Fold(model, Arm, 0, trials: 10, rewards: 3);

        var estimate = model.Estimate(Arm, 2 * Day);

        Assert.Equal(4.0 / 14, estimate.Rate, 1e-15);
        Assert.Equal(Math.Sqrt(4.0 * 10 / (14 * 14 * 15)), estimate.Spread, 1e-15);
        Assert.Equal(new ArmEstimate(estimate.Rate, estimate.Spread, 10, 3), estimate);
    }

    [Fact]
    public void an_unseen_arm_is_its_prior()
    {
        var model = new BetaModel(1, new BetaOptions { PriorAlpha = 2, PriorBeta = 6 });

        var estimate = model.Estimate(Arm, 0);

        Assert.Equal(.25, estimate.Rate);
        Assert.Equal(Math.Sqrt(.25 * .75 / 9), estimate.Spread, 1e-15);
        Assert.Equal(0, estimate.Trials);
    }

    [Fact]
    public void reshaping_narrows_the_spread_and_leaves_the_rate()
    {
        BetaModel plain = new(1, new BetaOptions()), reshaped = new(1, new BetaOptions { Reshape = .5 });
        Fold(plain, Arm, 0, 1_000, 100);
        Fold(reshaped, Arm, 0, 1_000, 100);

        ArmEstimate wide = plain.Estimate(Arm, Day), narrow = reshaped.Estimate(Arm, Day);

        Assert.Equal(wide.Rate, narrow.Rate);
        Assert.Equal(Math.Sqrt(.5), narrow.Spread / wide.Spread, 1e-3);
    }

    [Fact]
    public void a_trial_weighs_half_after_a_half_life()
    {
        var model = new BetaModel(1, new BetaOptions { HalfLife = TimeSpan.FromDays(7) });
        Fold(model, Arm, 100 * Day + Hour, trials: 8, rewards: 4);

        foreach (var (days, weight) in new[] { (1.75, Math.Pow(2, -.25)), (7, .5), (21, .125) })
        {
            var estimate = model.Estimate(Arm, 100 * Day + Hour + (long)(days * Day));

            Assert.Equal(8 * weight, estimate.Trials, 1e-9);
            Assert.Equal(4 * weight, estimate.Rewards, 1e-9);
        }
    }

    [Fact]
    public void a_half_life_of_seconds_survives_years()
    {
        var model = new BetaModel(1, new BetaOptions { HalfLife = TimeSpan.FromSeconds(2), RewardWindow = TimeSpan.FromSeconds(1) });
        long now = 0;
        for (int step = 0; step < 4_000; step++, now += 7 * Hour) Fold(model, Arm, now, trials: 1, rewards: step % 2);
        now -= 7 * Hour;
        for (int step = 0; step < 100; step++) Fold(model, Arm, now + step * Second, trials: 1, rewards: 1);

        var estimate = model.Estimate(Arm, now + 99 * Second);

        // the geometric sum 1 + 2^-1/2 + 2^-1 + ..., all rewarded
        Assert.Equal(1 / (1 - Math.Pow(2, -.5)), estimate.Trials, 1e-6);
        Assert.Equal(estimate.Trials, estimate.Rewards, 1e-9);
        Assert.Equal(4_100, model.Report(now)[0].Trials);
        Assert.Equal(0, model.Estimate(Arm, now + 1_000 * Day).Trials);
    }

    [Fact]
    public void a_pending_trial_counts_more_the_older_it_gets_and_fully_at_the_window()
    {
        var model = new BetaModel(1, new BetaOptions());
        for (int trial = 0; trial < 100; trial++) model.Trial(Arm, Hour);

        double last = -1;
        foreach (long age in new[] { 0, Second, 60 * Second, Hour, 6 * Hour, 20 * Hour, 23 * Hour })
        {
            double trials = model.Estimate(Arm, Hour + age).Trials;
            Assert.True(trials > last, $"{trials} after {last} at age {age / Second} s");
            last = trials;
        }

        Assert.InRange(last, 90, 99.9);
        Assert.Equal(100, model.Estimate(Arm, Hour + Day + Day / 32).Trials, 1e-9); // a bucket's width later its youngest is that old
        Assert.Equal(100, model.Estimate(Arm, 90 * Day).Trials, 1e-9);
        Assert.Equal(0, model.Estimate(Arm, 90 * Day).Rewards);
    }

    [Fact]
    public void overdue_trials_count_in_full_and_leave_when_resolved()
    {
        var model = new BetaModel(1, new BetaOptions());
        for (int trial = 0; trial < 10; trial++) model.Trial(Arm, Hour);
        model.Trial(Arm, 50 * Day);

        Assert.Equal(10, model.Estimate(Arm, 50 * Day).Trials, 1e-9);
        Assert.Equal(11, model.Report(50 * Day)[0].Pending);

        for (int trial = 0; trial < 10; trial++) model.Resolve(Arm, Hour, 50 * Day, rewarded: false, 0);
        Assert.Equal(1, model.Report(50 * Day)[0].Pending);
        Assert.Equal(10, model.Estimate(Arm, 50 * Day).Trials, 1e-9);
    }

    [Fact]
    public void a_segment_counts_for_all_customers_too()
    {
        var model = new BetaModel(1, new BetaOptions());
        Fold(model, new ArmKey(1, 5, 3), 0, 10, 4);
        Fold(model, new ArmKey(1, 5, 0), 0, 10, 0);

        Assert.Equal(10, model.Estimate(new ArmKey(1, 5, 3), Day).Trials);
        Assert.Equal(20, model.Estimate(new ArmKey(1, 5, 0), Day).Trials);
        Assert.Equal(4, model.Estimate(new ArmKey(1, 5, 0), Day).Rewards);
        Assert.Equal(20, model.Observations);
        Assert.Equal(40, model.Version);
    }

    [Fact]
    public void an_event_ahead_of_the_clock_never_weighs_more_than_one()
    {
        var model = new BetaModel(1, new BetaOptions { HalfLife = TimeSpan.FromSeconds(1) });
        Fold(model, Arm, Hour, 1, 1);

        Assert.InRange(model.Estimate(Arm, 0).Trials, 0, 1);
    }

    [Fact]
    public void what_does_not_belong_is_refused()
    {
        var model = new BetaModel(1, new BetaOptions());

        Assert.Throws<ArgumentException>(() => model.Trial(new ArmKey(2, 0, 0), 0));
        Assert.Throws<ArgumentException>(() => model.Trial(new ArmKey(1, -1, 0), 0));
        Assert.Throws<ArgumentException>(() => model.Resolve(new ArmKey(1, 0, -1), 0, 0, true, 0));
        Assert.Throws<ArgumentException>(() => model.Merge(new BetaModel(2, new BetaOptions())));
        Assert.Throws<ArgumentException>(() => model.Merge(new BetaModel(1, new BetaOptions { HalfLife = TimeSpan.FromDays(1) })));
        Assert.Throws<ArgumentException>(() => new BetaModel(1, new BetaOptions { Reshape = 0 }));
    }

    [Fact]
    public void all_wrong_options_are_named_at_once()
    {
        var options = new BetaOptions { HalfLife = TimeSpan.Zero, PriorAlpha = 0, PriorBeta = double.NaN, Reshape = 5, RewardWindow = TimeSpan.Zero };

        Assert.Equal("halfLife priorAlpha priorBeta reshape rewardWindow", string.Join(' ', options.Validate().Select(problem => problem.Field)));
        Assert.Empty(new BetaOptions().Validate());
    }

    [Fact]
    public void a_replica_says_what_the_model_said_and_stays_as_it_is()
    {
        var model = new BetaModel(1, new BetaOptions { PriorBeta = 9 });
        Fold(model, new ArmKey(1, 7, 2), 0, 50, 5);
        Fold(model, new ArmKey(1, 2, 0), 0, 80, 2);
        var expected = model.Estimate(new ArmKey(1, 7, 2), Day);

        var replica = model.Publish(Day);
        Fold(model, new ArmKey(1, 7, 2), 0, 50, 50);

        Assert.Equal(expected, replica[7, 2]);
        Assert.Equal(expected, replica[7, 0]);
        Assert.Equal(130, replica.Observations);
        Assert.Equal(260, replica.Version);
        foreach (var (offer, segment) in new[] { (0, 0), (7, 1), (8, 2), (3, 2), (-1, 0), (0, -1), (int.MaxValue, int.MaxValue) })
            Assert.Equal(.1, replica[offer, segment].Rate);
    }

    [Fact]
    public void reading_a_replica_allocates_nothing()
    {
        var model = new BetaModel(1, new BetaOptions());
        Fold(model, Arm, 0, 5, 1);
        var replica = model.Publish(Day);
        double sum = replica[0, 0].Rate;

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1_000; i++) sum += replica[i & 1, 0].Rate;

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(sum > 0);
    }

    [Fact]
    public void a_report_names_interval_counts_and_last_update()
    {
        var model = new BetaModel(1, new BetaOptions { Reshape = .5 });
        Fold(model, Arm, Hour, trials: 8, rewards: 2);
        model.Trial(Arm, 3 * Hour);

        var report = Assert.Single(model.Report(3 * Hour));

        Assert.Equal((9L, 2L, 1L, 3 * Hour), (report.Trials, report.Rewards, report.Pending, report.LastUpdate));
        Assert.Equal(.0748523, report.Lower, 1e-3); // Beta(3, 7): reshaping is the decision's, not the operator's
        Assert.Equal(.6000936, report.Upper, 1e-3);
    }

    private static void Fold(BetaModel model, ArmKey arm, long at, int trials, int rewards)
    {
        for (int trial = 0; trial < trials; trial++)
        {
            model.Trial(arm, at);
            model.Resolve(arm, at, at, trial < rewards, 0);
        }
    }
}
