using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Profiles;

namespace PmOrleans.Decisioning.Segments;

/// <summary>
/// A number of the profile that some rules do nothing with but compare it with constants: as long as it stays on the same side of a constant, those
/// rules stay as they are, so that a touchpoint leaves nearly all of them alone.
/// </summary>
/// <param name="Metric">A count or a sum over a window, or <c>null</c> for a number over the customer's life:</param>
/// <param name="Type">how many of this type there were, or</param>
/// <param name="IsValue">what they were worth.</param>
/// <param name="Constants">Ascending, each once.</param>
/// <param name="Masks">For each constant the segments whose rule compares with it.</param>
internal sealed record ComparedNumber(MetricDefinition? Metric, string Type, bool IsValue, double[] Constants, ulong[][] Masks)
{
    /// <summary>Adds to <paramref name="dirty"/> the segments of every constant the number may have reached, left or passed by what a record's touchpoints did.</summary>
    /// <returns>As <see cref="NextMicros(CustomerState, long)"/>.</returns>
    public long Mark(CustomerState state, List<Fact> facts, long nowMicros, Span<ulong> dirty)
    {
        // Whatever part of the touchpoints it counts, it was not further away than all of them take it.
        double most = 0;
        foreach (var fact in facts)
        {
            if (fact is TouchpointFact { Touchpoint: { } touchpoint } && touchpoint.Type == Type)
            {
                most += Metric is { Kind: MetricKind.Count } || (Metric is null && !IsValue) ? 1 : Math.Abs(AmountOf(touchpoint));
            }
        }

        if (Metric is null)
        {
            MarkReached(Tally(state), most, dirty);
            return long.MaxValue;
        }

        var standing = state.StandingOf(Metric, nowMicros);
        MarkReached(standing.Value, most, dirty);
        return NextMicros(in standing);
    }

    /// <summary>When time alone takes the number to or past the next constant; <see cref="long.MaxValue"/> for never.</summary>
    public long NextMicros(CustomerState state, long nowMicros)
    {
        if (Metric is null)
        {
            return long.MaxValue;
        }

        var standing = state.StandingOf(Metric, nowMicros);
        return NextMicros(in standing);
    }

    /// <summary>Adds to <paramref name="dirty"/> the segments of every constant that time may have taken the number to or past between two moments.</summary>
    /// <param name="isTouched">A touchpoint of the type came with the record: what the window held before cannot be told any more.</param>
    /// <returns>As <see cref="NextMicros(CustomerState, long)"/>.</returns>
    public long MarkPassed(CustomerState state, bool isTouched, long fromMicros, long nowMicros, Span<ulong> dirty)
    {
        if (Metric is null)
        {
            return long.MaxValue;
        }

        var standing = state.StandingOf(Metric, nowMicros);
        if (isTouched)
        {
            foreach (var mask in Masks)
            {
                SegmentMask.Or(dirty, mask);
            }
        }
        else if (state.StandingOf(Metric, fromMicros) is var before && before.Points != standing.Points)
        {
            // A sum taken in another order differs by what rounding hides.
            var slack = 1e-9 * (Math.Abs(before.Value) + Math.Abs(standing.Value));
            var highest = Math.Max(before.Value, standing.Value) + slack;
            for (var i = FirstFrom(Math.Min(before.Value, standing.Value) - slack); i < Constants.Length && Constants[i] <= highest; i++)
            {
                SegmentMask.Or(dirty, Masks[i]);
            }
        }

        return NextMicros(in standing);
    }

    private void MarkReached(double value, double most, Span<ulong> dirty)
    {
        // A sum taken in another order differs by what rounding hides.
        most += 1e-9 * (Math.Abs(value) + most);
        var highest = CanFall ? value + most : value + (1e-9 * (Math.Abs(value) + most));
        for (var i = FirstFrom(value - most); i < Constants.Length && Constants[i] <= highest; i++)
        {
            SegmentMask.Or(dirty, Masks[i]);
        }
    }

    private long NextMicros(in MetricStanding standing)
    {
        // Whatever constant it comes to first is the next one below or above, or the one it stands at.
        var next = FirstFrom(standing.Value);
        var first = next > 0 ? next - 1 : 0;
        var end = next < Constants.Length ? (Constants[next] == standing.Value && next + 1 < Constants.Length ? next + 2 : next + 1) : next;
        return standing.NextCrossingMicros(Constants.AsSpan(first, end - first));
    }

    /// <summary>Whether a touchpoint can take something off: a property may be negative.</summary>
    private bool CanFall => Metric is { Kind: MetricKind.Sum, Property: not "value" };

    private double Tally(CustomerState state)
    {
        var tally = state.TallyOf(Type);
        return IsValue ? tally.ValueMicros / 1e6 : tally.Count;
    }

    private double AmountOf(Touchpoint touchpoint)
    {
        if (Metric is null or { Property: "value" })
        {
            return (touchpoint.ValueMicros ?? 0) / 1e6;
        }

        foreach (var (name, value) in touchpoint.Properties)
        {
            if (name == Metric.Property && value.Kind == PropertyKind.Number)
            {
                return value.Number;
            }
        }

        return 0;
    }

    private int FirstFrom(double value)
    {
        int below = -1, from = Constants.Length;
        while (from - below > 1)
        {
            var middle = (below + from) / 2;
            (below, from) = Constants[middle] < value ? (middle, from) : (below, middle);
        }

        return from;
    }
}
