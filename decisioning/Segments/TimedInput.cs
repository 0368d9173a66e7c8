using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Profiles;
using PmOrleans.Decisioning.Segments.Rfm;

namespace PmOrleans.Decisioning.Segments;

/// <summary>Something that time alone changes beside what the rules' own clock knows: an amount, an RFM score, what nobody knows the changes of.</summary>
internal abstract record TimedInput
{
    /// <summary>Touchpoint type whose arrival moves it; <c>null</c>: any may.</summary>
    public abstract string? Type { get; }

    /// <summary>The first moment after <paramref name="nowMicros"/> at which it may be another; <see cref="long.MaxValue"/> for never.</summary>
    public abstract long NextMicros(CustomerState state, RfmEdges rfm, long nowMicros);
}

/// <summary>A metric that is added up: every change counts.</summary>
internal sealed record TimedMetric(MetricDefinition Metric) : TimedInput
{
    public override string? Type => Metric.TouchpointType;

    public override long NextMicros(CustomerState state, RfmEdges rfm, long nowMicros) => state.NextMetricChangeMicros(Metric, nowMicros);
}

/// <summary>The recency score of RFM: falls when the time since the last passes an edge.</summary>
internal sealed record TimedRfm(string Touchpoint) : TimedInput
{
    public override string? Type => Touchpoint;

    public override long NextMicros(CustomerState state, RfmEdges rfm, long nowMicros)
    {
        var tally = state.TallyOf(Touchpoint);
        return tally.Count == 0 ? long.MaxValue : rfm.NextChangeMicros(tally.LastAtMicros, nowMicros);
    }
}

/// <summary>What no moment can be computed for: looked at again after a while.</summary>
internal sealed record TimedRecheck(string? Touchpoint) : TimedInput
{
    public override string? Type => Touchpoint;

    public override long NextMicros(CustomerState state, RfmEdges rfm, long nowMicros) => nowMicros + (RuleClock.Recheck.Ticks / 10);
}
