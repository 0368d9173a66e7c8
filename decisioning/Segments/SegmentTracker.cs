using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Profiles;

namespace PmOrleans.Decisioning.Segments;

/// <summary>
/// Brings a customer's segments up to date and says so in a fact: in every command after what the command brings and before anything is decided, and
/// when the customer is woken because time alone may have changed something.
/// </summary>
public static partial class SegmentTracker
{
    /// <summary>Whether a command that brings nothing else has something to do here: time has run out, or the definitions or RFM edges are others.</summary>
    public static bool IsDue(CustomerState state, DecisionEnvironment environment, long nowMicros) =>
        !state.KnowsSegments(environment.Catalog.SegmentPlan.Stamp(environment.Rfm), nowMicros);

    /// <param name="nowMicros">Customer time.</param>
    /// <param name="sequence">Of the record in hand.</param>
    /// <param name="facts">All facts of the record so far, folded already; receives at most one more.</param>
    public static void Advance(
        CustomerState state, long nowMicros, long sequence, DecisionEnvironment environment, DecisionWorkspace workspace, List<Fact> facts)
    {
        var catalog = environment.Catalog;
        var plan = catalog.SegmentPlan;
        var stamp = plan.Stamp(environment.Rfm);
        var all = !state.KnewSegments(stamp, sequence);
        var timed = all || nowMicros >= state.LastSegmentsDueMicros;
        var work = workspace.Segments;
        work.Begin(plan);
        var due = timed ? long.MaxValue : state.LastSegmentsDueMicros;
        if (all)
        {
            work.AllAmounts = true;
            SegmentMask.Or(work.Dirty, plan.Live);
            foreach (var number in plan.Numbers)
            {
                due = Math.Min(due, number.NextMicros(state, nowMicros));
            }
        }
        else if (timed)
        {
            work.AllAmounts = true;
            due = MarkPassed(state, nowMicros, environment, plan, work, facts);
        }

        if (timed)
        {
            foreach (var age in plan.Ages)
            {
                due = Math.Min(due, age.NextMicros(state, nowMicros));
            }

            foreach (var input in plan.TimedInputs)
            {
                due = Math.Min(due, input.NextMicros(state, environment.Rfm, nowMicros));
            }
        }

        if (!all)
        {
            due = MarkFacts(state, nowMicros, environment, plan, work, facts, due);
        }

        if (work.HasDirty || work.AllAmounts || work.Amounts.Count > 0 || all)
        {
            var input = workspace.Input;
            input.BeginSegments(catalog, state, nowMicros, environment.Rfm);
            due = Math.Min(due, Evaluate(state, catalog, plan, work, input, nowMicros));
            if (all)
            {
                LeaveUnknown(state, plan, work);
            }

            ReportAmounts(state, environment, plan, work, input);
            input.End();
            if (work.Entered.Count + work.Left.Count + work.Reported.Count > 0)
            {
                work.Entered.Sort();
                work.Left.Sort();
                var fact = new SegmentChangeFact(nowMicros, [.. work.Entered], [.. work.Left], [.. work.Reported]);
                facts.Add(fact);
                state.Apply(fact, sequence, catalog);
            }
        }

        state.RememberSegments(stamp, state.Sequence, due, nowMicros);
    }

    /// <summary>Out of all segments, before an erasure: their sizes must still recount.</summary>
    public static void LeaveAll(CustomerState state, long nowMicros, long sequence, CatalogSnapshot catalog, List<Fact> facts)
    {
        if (state.SegmentCount > 0)
        {
            var fact = new SegmentChangeFact(nowMicros, [], [.. state.SegmentNumbers()], []);
            facts.Add(fact);
            state.Apply(fact, sequence, catalog);
        }
    }

    /// <summary>Returns when time alone may change one of the segments looked at.</summary>
    private static long Evaluate(
        CustomerState state, CatalogSnapshot catalog, SegmentPlan plan, SegmentWork work, ProfileInput input, long nowMicros)
    {
        var due = long.MaxValue;
        foreach (var table in plan.Atoms)
        {
            PassOver(state, plan, table, work, input);
        }

        for (var ordinal = SegmentMask.Next(work.Dirty, 0); ordinal >= 0; ordinal = SegmentMask.Next(work.Dirty, ordinal + 1))
        {
            var segment = plan.Segments[ordinal];
            var isIn = input.Holds(segment.Rule);
            if (SegmentMask.Has(plan.Clocked, ordinal))
            {
                due = Math.Min(due, catalog.Clock.NextChangeMicros(segment.Rule, state, nowMicros));
            }

            if (isIn == state.IsInSegment(segment.Number))
            {
                continue;
            }

            (isIn ? work.Entered : work.Left).Add(segment.Number);
            input.ChangeSegment(segment, isIn);
            if (plan.Dependents[ordinal] is { } dependents)
            {
                SegmentMask.Or(work.Dirty, dependents);
            }
        }

        return due;
    }

    /// <summary>Takes out of the dirty ones those that need another value of the slot than it has, unless the customer must leave them.</summary>
    private static void PassOver(CustomerState state, SegmentPlan plan, SegmentPlan.AtomGroup table, SegmentWork work, ProfileInput input)
    {
        var any = false;
        for (var i = 0; i < plan.Words; i++)
        {
            any |= (work.Dirty[i] & table.Segments[i]) != 0;
        }

        if (!any)
        {
            return;
        }

        var fits = input.TryGet(table.Slot, out var value) && table.ByValue.TryGetValue(value, out var mask) ? mask : null;
        var passed = work.Passed;
        for (var i = 0; i < plan.Words; i++)
        {
            passed[i] = work.Dirty[i] & table.Segments[i] & ~(fits?[i] ?? 0);
            work.Dirty[i] &= ~passed[i];
        }

        // A customer is in few of the many.
        ref readonly var membership = ref state.Membership;
        for (var index = Math.Min(membership.Words, plan.NumberWords) - 1; index >= 0; index--)
        {
            for (var word = membership.Word(index); word != 0; word &= word - 1)
            {
                var ordinal = plan.NumberToOrdinal[(index * 64) + System.Numerics.BitOperations.TrailingZeroCount(word)];
                if (ordinal >= 0)
                {
                    work.Dirty[ordinal / 64] |= passed[ordinal / 64] & (1UL << (ordinal % 64));
                }
            }
        }
    }

    /// <summary>Out of segments that the catalog has no more, or that depend on the request now.</summary>
    private static void LeaveUnknown(CustomerState state, SegmentPlan plan, SegmentWork work)
    {
        foreach (var number in state.SegmentNumbers())
        {
            if (!plan.LiveByNumber.ContainsKey(number))
            {
                work.Left.Add(number);
            }
        }
    }
}
