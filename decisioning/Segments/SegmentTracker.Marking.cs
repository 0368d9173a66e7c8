using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Profiles;
using PmOrleans.Decisioning.Segments.Rfm;

namespace PmOrleans.Decisioning.Segments;

/// <content>Which segments to look at again: after touchpoints, and because time has passed.</content>
public static partial class SegmentTracker
{
    /// <summary>What time alone may have changed since the segments were looked at last.</summary>
    /// <returns>When it takes a number to the next constant.</returns>
    private static long MarkPassed(
        CustomerState state, long nowMicros, DecisionEnvironment environment, SegmentPlan plan, SegmentWork work, List<Fact> facts)
    {
        var due = long.MaxValue;
        var from = state.LastSegmentsAtMicros;
        SegmentMask.Or(work.Dirty, plan.Rechecked);
        SegmentMask.Or(work.Dirty, plan.Clocked);
        foreach (var number in plan.Numbers)
        {
            due = Math.Min(due, number.MarkPassed(state, HasTouchpoint(facts, number.Type), from, nowMicros, work.Dirty));
        }

        foreach (var age in plan.Ages)
        {
            // Where the last is another by now, the touchpoint marks all rules that read it.
            age.MarkPassed(state, from, nowMicros, work.Dirty);
        }

        if (plan.UsesRfm && !environment.Rfm.IsNone && state.TallyOf(environment.Catalog.Rfm!.Type) is { Count: > 0 } tally
            && RfmScores.Of(in tally, environment.Rfm, from) != RfmScores.Of(in tally, environment.Rfm, nowMicros))
        {
            SegmentMask.Or(work.Dirty, plan.ByRfm);
        }

        return due;
    }

    private static bool HasTouchpoint(List<Fact> facts, string type)
    {
        foreach (var fact in facts)
        {
            if (fact is TouchpointFact { Touchpoint: { } touchpoint } && touchpoint.Type == type)
            {
                return true;
            }
        }

        return false;
    }

    private static long MarkFacts(
        CustomerState state, long nowMicros, DecisionEnvironment environment, SegmentPlan plan, SegmentWork work, List<Fact> facts, long due)
    {
        foreach (var fact in facts)
        {
            if (fact is not TouchpointFact { Touchpoint: { } touchpoint })
            {
                continue;
            }

            plan.Mark(touchpoint, work.Dirty);
            due = Math.Min(due, Moved(plan.ByAnyTouchpoint));
            if (plan.ByType.TryGetValue(touchpoint.Type, out var effects) && !IsRepeated(facts, touchpoint))
            {
                due = Math.Min(due, Moved(effects));
                foreach (var number in effects.Numbers)
                {
                    due = Math.Min(due, number.Mark(state, facts, nowMicros, work.Dirty));
                }

                foreach (var age in effects.Ages)
                {
                    due = Math.Min(due, age.NextMicros(state, nowMicros));
                }
            }
        }

        return due;

        long Moved(SegmentPlan.TypeEffects effects)
        {
            var next = long.MaxValue;
            foreach (var input in effects.Timed)
            {
                next = Math.Min(next, input.NextMicros(state, environment.Rfm, nowMicros));
            }

            foreach (var amount in effects.Amounts)
            {
                if (!work.Amounts.Contains(amount))
                {
                    work.Amounts.Add(amount);
                }
            }

            return next;
        }
    }

    /// <summary>Whether a touchpoint of the same type came before in the record: its numbers were looked at with all of them.</summary>
    private static bool IsRepeated(List<Fact> facts, Touchpoint touchpoint)
    {
        foreach (var fact in facts)
        {
            if (fact is TouchpointFact { Touchpoint: { } earlier } && earlier.Type == touchpoint.Type)
            {
                return !ReferenceEquals(earlier, touchpoint);
            }
        }

        return false;
    }
}
