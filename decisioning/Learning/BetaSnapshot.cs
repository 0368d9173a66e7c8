namespace PmOrleans.Decisioning.Learning;

/// <summary>A policy's estimates at one time: immutable, dense arrays by segment and offer, read without allocation or lock.</summary>
public sealed class BetaSnapshot
{
    private readonly ArmEstimate[][] segmentToOfferToEstimate;
    private readonly ArmEstimate unseen;

    internal BetaSnapshot(BetaModel model, ArmEstimator estimator, long asOf)
    {
        Policy = model.Policy;
        Version = model.Version;
        Observations = model.Observations;
        AsOf = asOf;
        unseen = estimator.Unseen;
        MostRewardsWithinMicros = estimator.AgeOf(.9);

        int segments = 0;
        foreach (var arm in model.Tallies.Keys) segments = Math.Max(segments, arm.Segment + 1);
        var offers = new int[segments];
        foreach (var arm in model.Tallies.Keys) offers[arm.Segment] = Math.Max(offers[arm.Segment], arm.Offer + 1);
        segmentToOfferToEstimate = new ArmEstimate[segments][];
        for (int segment = 0; segment < segments; segment++)
        {
            segmentToOfferToEstimate[segment] = new ArmEstimate[offers[segment]];
            Array.Fill(segmentToOfferToEstimate[segment], unseen);
        }

        foreach (var (arm, tally) in model.Tallies) segmentToOfferToEstimate[arm.Segment][arm.Offer] = estimator.Estimate(tally);
    }

    public int Policy { get; }

    /// <summary>Facts folded when it was taken; see <see cref="BetaModel.Version"/>.</summary>
    public long Version { get; }

    /// <summary>Outcomes folded when it was taken.</summary>
    public long Observations { get; }

    /// <summary>The time it holds for, Unix microseconds.</summary>
    public long AsOf { get; }

    /// <summary>Age of a decision by which nine of ten rewards have come; at most the reward window.</summary>
    public long MostRewardsWithinMicros { get; }

    /// <summary>The estimate of an offer for a segment (0: all customers); the prior where nothing was seen, whatever the numbers.</summary>
    public ArmEstimate this[int offer, int segment]
    {
        get
        {
            var segments = segmentToOfferToEstimate;
            if ((uint)segment >= (uint)segments.Length) return unseen;
            var estimates = segments[segment];
            return (uint)offer < (uint)estimates.Length ? estimates[offer] : unseen;
        }
    }
}
