using PmOrleans.Decisioning.Consent;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Profiles;

namespace PmOrleans.Decisioning.Attribution;

/// <summary>Ends windows whose time has come; called before anything else is done for a customer, and by the due index for sleeping ones.</summary>
public static class WindowExpiry
{
    /// <summary>Ends every window at once, before an erasure: trials get the default reward, reservations are released.</summary>
    public static void CloseAll(
        CustomerState state, long nowMicros, long sequence, DecisionEnvironment environment, DecisionWorkspace workspace, List<Fact> facts)
    {
        for (var i = 0; i < state.Open.Length; i++)
        {
            ref readonly var open = ref state.Open[i];
            if (!open.Has(OpenFlags.Resolved) || open.ReservedMicros > 0)
            {
                var fact = OutcomeRules.Expire(in open, nowMicros, environment, workspace.Moves);
                facts.Add(fact);
                state.Apply(fact, sequence, environment.Catalog);
            }
        }
    }

    /// <param name="facts">Receives the facts, which are folded into the state as they come.</param>
    public static void Advance(
        CustomerState state, long nowMicros, long sequence, DecisionEnvironment environment, DecisionWorkspace workspace, List<Fact> facts)
    {
        if (state.WindowsDueMicros <= nowMicros || state.Open.Length >= CustomerState.MostOpenDecisions)
        {
            EndWindows(state, nowMicros, sequence, environment, workspace, facts);
        }

        // Also for what a refold under new rules has counted.
        Suppression.Advance(state, sequence, environment.Catalog, facts);
    }

    private static void EndWindows(
        CustomerState state, long nowMicros, long sequence, DecisionEnvironment environment, DecisionWorkspace workspace, List<Fact> facts)
    {
        // Beyond the bound the oldest that holds no place under a cap goes early.
        var surplus = 1 - CustomerState.MostOpenDecisions;
        foreach (ref readonly var open in state.Open)
        {
            surplus += open.IsOver(nowMicros) ? 0 : 1;
        }

        // Under suppression rules as if each window had ended by itself: what three endings at once come to must not hang on when it is looked.
        var order = environment.Catalog.Suppression.IsEmpty ? null : InOrderOfEnd(state);
        for (var next = 0; next < state.Open.Length; next++)
        {
            ref readonly var open = ref state.Open[order is null ? next : order[next]];
            if (open.IsOver(nowMicros))
            {
                continue;
            }

            var early = surplus > 0 && open.HoldUntilMicros <= nowMicros;
            if (early || (!open.Has(OpenFlags.Resolved) && open.GoalUntilMicros <= nowMicros))
            {
                surplus--;
                Add(OutcomeRules.Expire(in open, nowMicros, environment, workspace.Moves));
                Suppression.Advance(state, sequence, environment.Catalog, facts);
            }
            else if (open.ReservedMicros > 0 && open.ReserveUntilMicros <= nowMicros)
            {
                Add(OutcomeRules.ReleaseOnly(in open, nowMicros, environment, workspace.Moves));
            }
        }

        state.Prune();

        void Add(OutcomeFact fact)
        {
            facts.Add(fact);
            state.Apply(fact, sequence, environment.Catalog);
        }
    }

    private static int[] InOrderOfEnd(CustomerState state)
    {
        var ends = new long[state.Open.Length];
        var order = new int[ends.Length];
        for (var i = 0; i < ends.Length; i++)
        {
            (ends[i], order[i]) = (state.Open[i].GoalUntilMicros, i);
        }

        Array.Sort(ends, order);
        return order;
    }
}
