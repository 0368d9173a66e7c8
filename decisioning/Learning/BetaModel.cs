using System.Buffers;

namespace PmOrleans.Decisioning.Learning;

/// <summary>
/// Beta-Bernoulli reward rates of one policy's arms: time-decayed, and true while rewards are still on their way. Mutable, one writer: the
/// projection that folds committed facts. Readers get a <see cref="BetaSnapshot"/>.
/// </summary>
/// <remarks>
/// Times are Unix microseconds. A fold of an arm with a segment counts for segment 0, all customers, as well: fold every decision once, with
/// its most specific segment. The state depends on the set of facts folded, not on their order: integers exactly, doubles to 1e-9.
/// <para>
/// Delayed rewards. A success is known when it comes, a failure only when the window is over: counting resolved trials alone makes every new
/// offer look good, counting unresolved ones as failures makes it look bad. A trial of age a without outcome therefore counts as
/// far as its reward was due, F(a) of a failure, F being the distribution of the delay from decision to reward (Chapelle, "Modeling delayed
/// feedback in display advertising", KDD 2014; Vernade, Cappé and Perchet, "Stochastic bandit models for delayed conversions", UAI 2017). With F(a) alone
/// the rewarded trials, which count in full, tip the balance where rates r are not small; the weight used is
/// F(a)(1 - r) / (1 - r F(a)), the posterior probability of a failure over that of being pending times F, which makes expected trials
/// and expected rewards grow in proportion at every age, and is F(a) for small r.
/// </para>
/// </remarks>
public sealed class BetaModel
{
    private readonly Dictionary<ArmKey, ArmTally> armToTally = [];
    private readonly long windowMicros;
    private readonly long bucketMicros;
    private readonly HalfLifeClock clock;

    /// <summary>An empty model of a policy.</summary>
    /// <exception cref="ArgumentException">The options do not pass <see cref="BetaOptions.Validate"/>.</exception>
    public BetaModel(int policy, BetaOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var problems = options.Validate();
        if (problems.Count > 0)
            throw new ArgumentException(string.Join("; ", problems.Select(problem => $"{problem.Field} {problem.Message}")), nameof(options));

        Policy = policy;
        Options = options;
        windowMicros = options.RewardWindow.Ticks / TimeSpan.TicksPerMicrosecond;
        bucketMicros = PendingTrials.WidthMicros(windowMicros);
        clock = new HalfLifeClock((options.HalfLife ?? TimeSpan.Zero).Ticks / TimeSpan.TicksPerMicrosecond);
        Delays = new DelayHistogram(windowMicros);
    }

    public int Policy { get; }

    public BetaOptions Options { get; }

    /// <summary>Facts folded so far, trials plus outcomes; the version that decisions echo.</summary>
    public long Version { get; private set; }

    /// <summary>Outcomes folded so far.</summary>
    public long Observations { get; private set; }

    internal DelayHistogram Delays { get; }

    internal IReadOnlyDictionary<ArmKey, ArmTally> Tallies => armToTally;

    internal long WindowMicros => windowMicros;

    internal long BucketMicros => bucketMicros;

    internal HalfLifeClock Clock => clock;

    /// <summary>Counts a committed decision. Repeats are the caller's to drop: each call is one trial.</summary>
    /// <param name="arm">An arm of this policy.</param>
    /// <param name="decisionAt">When it was decided.</param>
    public void Trial(ArmKey arm, long decisionAt)
    {
        Check(arm);
        FoldTrial(arm, decisionAt);
        if (arm.Segment != 0) FoldTrial(arm with { Segment = 0 }, decisionAt);
        Version++;
    }

    /// <summary>Counts a trial's outcome: call it exactly once per trial, with a reward or, when the window is over, without.</summary>
    /// <param name="arm">The arm given to <see cref="Trial"/>, same segment.</param>
    /// <param name="decisionAt">The time given to <see cref="Trial"/>; forgetting counts from it.</param>
    /// <param name="resolvedAt">When the outcome was settled.</param>
    /// <param name="rewarded">Whether there was a reward.</param>
    /// <param name="delayMicros">From decision to reward; not read without a reward. Values outside [0, window] count as its ends.</param>
    public void Resolve(ArmKey arm, long decisionAt, long resolvedAt, bool rewarded, long delayMicros)
    {
        Check(arm);
        FoldOutcome(arm, decisionAt, resolvedAt, rewarded);
        if (arm.Segment != 0) FoldOutcome(arm with { Segment = 0 }, decisionAt, resolvedAt, rewarded);
        if (rewarded) Delays.Add(PendingTrials.BucketOf(decisionAt, bucketMicros), delayMicros);
        Observations++;
        Version++;
    }

    /// <summary>Adds what another model has folded, of the same policy under the same half-life and window. The other stays as it is.</summary>
    /// <exception cref="ArgumentException">Policy, half-life or reward window differ.</exception>
    public void Merge(BetaModel other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.Policy != Policy || other.windowMicros != windowMicros || other.clock.HalfLifeMicros != clock.HalfLifeMicros)
            throw new ArgumentException("models merge only with the same policy, half-life and reward window", nameof(other));

        foreach (var (arm, tally) in other.armToTally) TallyOf(arm).Merge(tally);
        Delays.Merge(other.Delays);
        Observations += other.Observations;
        Version += other.Version;
    }

    /// <summary>
    /// What is believed of an arm at a time; the prior for one never seen. Asking for a time before the arm's last update answers for that update.
    /// For reports and tests: it refits the delay curve and the prior. Decisions read <see cref="Publish"/>'s replica.
    /// </summary>
    public ArmEstimate Estimate(ArmKey arm, long nowMicros)
    {
        Check(arm);
        var estimator = new ArmEstimator(this, nowMicros);
        return armToTally.TryGetValue(arm, out var tally) ? estimator.Estimate(tally) : estimator.Unseen;
    }

    /// <summary>An immutable replica of all estimates at a time, for the hot path.</summary>
    public BetaSnapshot Publish(long nowMicros) => new(this, new ArmEstimator(this, nowMicros), nowMicros);

    /// <summary>One row per arm seen, by segment, then offer, with 95 % intervals.</summary>
    public IReadOnlyList<ArmReport> Report(long nowMicros)
    {
        var estimator = new ArmEstimator(this, nowMicros);
        return [.. armToTally.OrderBy(pair => pair.Key.Segment).ThenBy(pair => pair.Key.Offer).Select(pair => estimator.Report(pair.Key, pair.Value))];
    }

    /// <summary>Writes the whole state. The same facts give the same bytes but for the rounding of decayed sums.</summary>
    public void Write(IBufferWriter<byte> target) => BetaModelFormat.Write(this, target);

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <param name="source">Exactly one state, nothing after it.</param>
    /// <param name="options">The options to go on with: half-life and reward window must be those it was folded with.</param>
    /// <exception cref="InvalidDataException">
    /// Unknown format version, truncated or trailing bytes, impossible numbers, or other half-life or window (the log must be folded anew).
    /// </exception>
    public static BetaModel Read(ReadOnlySpan<byte> source, BetaOptions options) => BetaModelFormat.Read(source, options);

    /// <summary>Half-life and reward window, the part of the options that a state was folded with, of what <see cref="Write"/> wrote.</summary>
    /// <exception cref="InvalidDataException">Unknown format version, or truncated.</exception>
    public static BetaOptions OptionsOf(ReadOnlySpan<byte> source) => BetaModelFormat.OptionsOf(source);

    internal void Restore(long version, long observations)
    {
        Version = version;
        Observations = observations;
    }

    internal ArmTally TallyOf(ArmKey arm)
    {
        if (!armToTally.TryGetValue(arm, out var tally)) armToTally.Add(arm, tally = new ArmTally());
        return tally;
    }

    private void FoldTrial(ArmKey arm, long decisionAt)
    {
        var tally = TallyOf(arm);
        tally.Trials++;
        tally.Touch(decisionAt, decisionAt);
        tally.Pending.Add(PendingTrials.BucketOf(decisionAt, bucketMicros), 1);
    }

    private void FoldOutcome(ArmKey arm, long decisionAt, long resolvedAt, bool rewarded)
    {
        var tally = TallyOf(arm);
        tally.Resolved++;
        if (rewarded) tally.Rewards++;
        tally.Touch(decisionAt, resolvedAt);
        tally.Pending.Add(PendingTrials.BucketOf(decisionAt, bucketMicros), -1);
        tally.AddDecayed(clock, decisionAt, rewarded);
    }

    private void Check(ArmKey arm)
    {
        if (arm.Policy != Policy) throw new ArgumentException($"the arm is of policy {arm.Policy}, the model of policy {Policy}", nameof(arm));
        if (arm.Offer < 0 || arm.Segment < 0) throw new ArgumentException("offer and segment are numbered from 0", nameof(arm));
    }
}
