namespace PmOrleans.Decisioning.Learning;

/// <summary>What was folded of one arm. Integers recount exactly; the decayed sums are in units of <see cref="Epoch"/>.</summary>
internal sealed class ArmTally
{
    public long Trials { get; set; }

    public long Resolved { get; set; }

    public long Rewards { get; set; }

    /// <summary>Earliest decision, Unix microseconds; <see cref="long.MaxValue"/> before any.</summary>
    public long FirstDecision { get; set; } = long.MaxValue;

    /// <summary>Latest decision or outcome, Unix microseconds; <see cref="long.MinValue"/> before any.</summary>
    public long LastUpdate { get; set; } = long.MinValue;

    /// <summary><see cref="HalfLifeClock"/> epoch of the sums below: that of the newest decision resolved.</summary>
    public long Epoch { get; set; } = long.MinValue;

    public double DecayedResolved { get; set; }

    public double DecayedRewards { get; set; }

    public PendingTrials Pending { get; } = new();

    public void Touch(long decisionAt, long at)
    {
        FirstDecision = Math.Min(FirstDecision, decisionAt);
        LastUpdate = Math.Max(LastUpdate, at);
    }

    public void AddDecayed(HalfLifeClock clock, long decisionAt, bool rewarded)
    {
        RaiseTo(clock.Epoch(decisionAt));
        double weight = clock.Weight(decisionAt, Epoch);
        DecayedResolved += weight;
        if (rewarded) DecayedRewards += weight;
    }

    public void Merge(ArmTally other)
    {
        Trials += other.Trials;
        Resolved += other.Resolved;
        Rewards += other.Rewards;
        FirstDecision = Math.Min(FirstDecision, other.FirstDecision);
        LastUpdate = Math.Max(LastUpdate, other.LastUpdate);
        Pending.Merge(other.Pending);
        if (other.Epoch == long.MinValue) return;
        RaiseTo(other.Epoch);
        DecayedResolved += HalfLifeClock.Rescale(other.DecayedResolved, other.Epoch, Epoch);
        DecayedRewards += HalfLifeClock.Rescale(other.DecayedRewards, other.Epoch, Epoch);
    }

    private void RaiseTo(long epoch)
    {
        if (epoch <= Epoch) return;
        if (Epoch != long.MinValue)
        {
            DecayedResolved = HalfLifeClock.Rescale(DecayedResolved, Epoch, epoch);
            DecayedRewards = HalfLifeClock.Rescale(DecayedRewards, Epoch, epoch);
        }

        Epoch = epoch;
    }
}
