using System.Collections.Immutable;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Profiles;
using PmOrleans.Decisioning.Rules;
using PmOrleans.Decisioning.Segments.Rfm;

namespace PmOrleans.Decisioning.Segments;

/// <summary>
/// Brings a customer's segments up to date and says so in a fact: in every command after what the command brings and before anything is decided, and
/// when the customer is woken because time alone may have changed something.
/// </summary>
public static class SegmentTracker
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

    private static void ReportAmounts(CustomerState state, DecisionEnvironment environment, SegmentPlan plan, SegmentWork work, ProfileInput input)
    {
        if (plan.Amounts.IsEmpty)
        {
            return;
        }

        if (work.AllAmounts || work.Entered.Count + work.Left.Count > 0)
        {
            for (var i = 0; i < plan.Amounts.Length; i++)
            {
                // Those of RFM are everybody's, whoever enters or leaves what.
                if (work.AllAmounts || plan.Amounts[i].Expression is not null || work.Amounts.Contains(i))
                {
                    Report(i);
                }
            }

            return;
        }

        work.Amounts.Sort();
        foreach (var index in work.Amounts)
        {
            Report(index);
        }

        void Report(int index)
        {
            var amount = plan.Amounts[index];
            if (!IsWanted(plan.AmountSegments[index], amount))
            {
                return;
            }

            var value = Read(amount, state, environment, input);
            var known = state.Membership.TryGetAmount(amount.Number, out var before);
            if (known ? value != before : value != 0)
            {
                work.Reported.Add(new SegmentAmount(amount.Number, value));
            }
        }

        bool IsWanted(ImmutableArray<int> segments, SegmentAmountDefinition amount)
        {
            if (amount.Expression is null)
            {
                return true;
            }

            foreach (var number in segments)
            {
                if (work.Entered.Contains(number) || (state.IsInSegment(number) && !work.Left.Contains(number)))
                {
                    return true;
                }
            }

            return false;
        }
    }

    private static long Read(SegmentAmountDefinition amount, CustomerState state, DecisionEnvironment environment, ProfileInput input)
    {
        if (amount.Expression is { } expression)
        {
            return Micros(expression.Evaluate(input));
        }

        var tally = state.TallyOf(environment.Catalog.Rfm!.Type);
        return amount.Source switch
        {
            SegmentAmountSource.RfmLastAt => tally.LastAtMicros,
            SegmentAmountSource.RfmCount => tally.Count,
            _ => tally.ValueMicros,
        };
    }

    /// <summary>Millionths, rounded to the nearest, halves to even; 0 for what is no number.</summary>
    private static long Micros(in CelValue value)
    {
        var number = value.Kind switch
        {
            CelKind.Int => value.AsInt(),
            CelKind.Uint => value.AsUint(),
            CelKind.Double => value.AsDouble(),
            _ => 0,
        };
        var micros = Math.Round(number * 1e6);
        return double.IsNaN(micros) ? 0 : micros >= long.MaxValue ? long.MaxValue : micros <= long.MinValue ? long.MinValue : (long)micros;
    }
}
