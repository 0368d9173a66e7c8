namespace PmOrleans.Decisioning.Learning;

/// <summary>Estimates of a model's arms at one time: the delay curve and the prior are fitted once for all of them.</summary>
internal sealed class ArmEstimator
{
    /// <summary>
    /// Rounds of weight and rate settling on each other. Each shrinks the error by at least the share of pending trials times the rate; four
    /// leave nothing that matters.
    /// </summary>
    private const int Rounds = 4;

    private readonly BetaModel model;
    private readonly DelayCurve curve;
    private readonly long nowMicros;
    private readonly BetaPrior prior;

    public ArmEstimator(BetaModel model, long nowMicros)
    {
        this.model = model;
        this.nowMicros = nowMicros;
        curve = new DelayCurve(model.Delays, model.BucketMicros, nowMicros);
        prior = new BetaPrior(model.Options.PriorAlpha, model.Options.PriorBeta);
        if (model.Options.EmpiricalBayes) prior = FitPrior();
        Unseen = Posterior(0, 0);
    }

    /// <summary>The estimate of an arm of which nothing was folded.</summary>
    public ArmEstimate Unseen { get; }

    /// <inheritdoc cref="DelayCurve.AgeOf"/>
    public long AgeOf(double share) => curve.AgeOf(share);

    public ArmEstimate Estimate(ArmTally tally)
    {
        var (trials, rewards) = Effective(tally);
        return Posterior(trials, rewards);
    }

    public ArmReport Report(ArmKey arm, ArmTally tally)
    {
        var estimate = Estimate(tally);
        double alpha = prior.Alpha + estimate.Rewards, beta = prior.Beta + Math.Max(0, estimate.Trials - estimate.Rewards);
        return new ArmReport(
            arm, estimate, BetaQuantile.Of(.025, alpha, beta), BetaQuantile.Of(.975, alpha, beta), tally.Trials, tally.Rewards, tally.Pending.Total,
            tally.LastUpdate);
    }

    private BetaPrior FitPrior()
    {
        // Segment 0 holds every trial once; the arms of other segments would count them again.
        var tallies = model.Tallies.Where(pair => pair.Key.Segment == 0).OrderBy(pair => pair.Key.Offer).Select(pair => Effective(pair.Value)).ToArray();
        return EmpiricalBayesPrior.Fit(
            Array.ConvertAll(tallies, tally => tally.Trials), Array.ConvertAll(tallies, tally => tally.Rewards), prior);
    }

    private ArmEstimate Posterior(double trials, double rewards)
    {
        double alpha = prior.Alpha + rewards, beta = prior.Beta + Math.Max(0, trials - rewards);
        double rate = alpha / (alpha + beta);
        // standard deviation of Beta(alpha / reshape, beta / reshape)
        double spread = Math.Sqrt(rate * (1 - rate) / ((alpha + beta) / model.Options.Reshape + 1));
        return new ArmEstimate(rate, spread, trials, rewards);
    }

    private (double Trials, double Rewards) Effective(ArmTally tally)
    {
        // A customer's clock may be ahead of ours; weights above 1 would be trials that never were.
        long now = Math.Max(nowMicros, tally.LastUpdate);
        long epoch = model.Clock.Epoch(now);
        double today = model.Clock.Weight(now, epoch);
        double resolved = 0, rewards = 0;
        if (tally.Resolved > 0)
        {
            resolved = HalfLifeClock.Rescale(tally.DecayedResolved, tally.Epoch, epoch) / today;
            rewards = HalfLifeClock.Rescale(tally.DecayedRewards, tally.Epoch, epoch) / today;
        }

        Span<double> weights = stackalloc double[PendingTrials.Buckets + 1];
        Span<double> shares = stackalloc double[PendingTrials.Buckets + 1];
        int pending = Pending(tally, now, epoch, today, weights, shares);

        double due = 0;
        for (int i = 0; i < pending; i++) due += weights[i] * shares[i];
        for (int round = 0; round < Rounds && pending > 0; round++)
        {
            double rate = (prior.Alpha + rewards) / (prior.Alpha + prior.Beta + Math.Max(rewards, resolved + due));
            due = 0;
            for (int i = 0; i < pending; i++) due += weights[i] * shares[i] * (1 - rate) / (1 - rate * shares[i]);
        }

        return (resolved + due, rewards);
    }

    /// <summary>Decayed number of pending trials and mean F, per bucket that holds any.</summary>
    private int Pending(ArmTally tally, long now, long epoch, double today, Span<double> weights, Span<double> shares)
    {
        int filled = 0;
        var pending = tally.Pending;
        if (pending.Newest == long.MinValue) return 0;
        long oldest = pending.Newest - PendingTrials.Buckets + 1;
        for (long bucket = oldest; bucket <= pending.Newest; bucket++)
        {
            long count = pending[bucket];
            if (count <= 0) continue;
            // decisions lie in [from, to]: an arm younger than the bucket has none before its first, and nobody any after now
            long from = Math.Max(bucket * model.BucketMicros, tally.FirstDecision), to = Math.Min((bucket + 1) * model.BucketMicros, now);
            weights[filled] = count * model.Clock.Weight(from + (to - from) / 2, epoch) / today;
            shares[filled++] = curve.Mean(now - to, now - from);
        }

        if (pending.Overdue > 0)
        {
            // their times are gone; the latest possible one is the oldest bucket's start
            weights[filled] = pending.Overdue * model.Clock.Weight(Math.Min(now, oldest * model.BucketMicros), epoch) / today;
            shares[filled++] = 1;
        }

        return filled;
    }
}
