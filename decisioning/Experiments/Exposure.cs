using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Profiles;
using PmOrleans.Decisioning.Rules;

namespace PmOrleans.Decisioning.Experiments;

/// <summary>What experiments do to one placement of one decision: which variants act, and who is assigned for the first time.</summary>
internal readonly ref struct Exposure(CustomerState state, Placement placement, long nowMicros, DecisionEnvironment environment, DecisionWorkspace workspace)
{
    /// <summary>Whether the customer is in the global holdout: asked of nothing but the key, so that it holds at every placement alike.</summary>
    public bool IsHeldOut() =>
        placement.Experiments is [{ IsGlobalHoldout: true } holdout, ..] && ReferenceEquals(Assignment.Of(holdout, state.Key, environment.Hashes), holdout.Variants[0]);

    /// <summary>Fills the workspace's exposures and acting variants, and its new assignments.</summary>
    /// <param name="holdout">The customer is held out, here or everywhere: then nothing but the global holdout itself keeps count.</param>
    public void Enter(bool holdout)
    {
        foreach (var experiment in placement.Experiments)
        {
            if (experiment.IsGlobalHoldout)
            {
                EnterHoldout(experiment);
            }
            else if (!holdout && experiment.IsRunning(nowMicros))
            {
                Enter(experiment);
            }
        }
    }

    private void EnterHoldout(Experiment experiment)
    {
        // By the hash alone. Who changes sides because the share was changed is counted on the other side as well, and goes on there when it is not the first time.
        var arm = Assignment.Of(experiment, state.Key, environment.Hashes)!;
        var slot = SlotOf(experiment.Number, arm.Number);
        if (slot >= 0 || TryAssign(experiment, arm, out slot))
        {
            workspace.Exposures.Add(new ExperimentExposure(experiment.Number, arm.Number, slot));
        }
    }

    private void Enter(Experiment experiment)
    {
        var slot = SlotOf(experiment.Number, out var stored);
        var variant = slot >= 0 ? experiment.Find(stored) : Assignment.Of(experiment, state.Key, environment.Hashes);
        if (variant is null
            || (slot >= 0 && HasLeft(experiment, slot))
            || (slot < 0 && !(MayEnter(experiment) && TryAssign(experiment, variant, out slot))))
        {
            return;
        }

        workspace.Exposures.Add(new ExperimentExposure(experiment.Number, variant.Number, slot));
        workspace.Variants.Add(variant);
    }

    private bool MayEnter(Experiment experiment) =>
        (experiment.LayerNumber == 0 || !IsLayerTaken(experiment))
        && (experiment.Audience < 0 || workspace.Input.Evaluate(experiment.Audience) == RuleOutcome.True);

    /// <summary>Whether the customer got into another experiment of the layer while this one did not run: the later one holds as long as it runs.</summary>
    private bool HasLeft(Experiment experiment, int slot)
    {
        // Assigned in this decision: then none of the layer was in the way.
        if (experiment.LayerNumber == 0 || slot >= state.Experiments.Length)
        {
            return false;
        }

        var at = state.Experiments[slot].AtMicros;
        for (var i = 0; i < state.Experiments.Length; i++)
        {
            ref readonly var other = ref state.Experiments[i];
            if (other.Experiment != experiment.Number && (other.AtMicros > at || (other.AtMicros == at && i > slot)) && Excludes(other.Experiment, experiment))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether the customer is in another experiment of the layer that still runs.</summary>
    private bool IsLayerTaken(Experiment experiment)
    {
        foreach (ref readonly var entry in state.Experiments)
        {
            if (Excludes(entry.Experiment, experiment))
            {
                return true;
            }
        }

        foreach (var assigned in workspace.Assigned)
        {
            if (Excludes(assigned.Experiment, experiment))
            {
                return true;
            }
        }

        return false;
    }

    private bool Excludes(int other, Experiment experiment) =>
        environment.Catalog.ExperimentByNumber.TryGetValue(other, out var known) && known.LayerNumber == experiment.LayerNumber && known.IsRunning(nowMicros);

    /// <summary>Where the customer's last assignment to a variant stands, or -1.</summary>
    private int SlotOf(int experiment, int variant)
    {
        foreach (var assigned in workspace.Assigned)
        {
            if (assigned.Experiment == experiment && assigned.Variant == variant)
            {
                return assigned.Slot;
            }
        }

        // By slot: what an earlier release assigned twice is taken up where it was assigned last.
        for (var i = state.Experiments.Length - 1; i >= 0; i--)
        {
            if (state.Experiments[i].Experiment == experiment && state.Experiments[i].Variant == variant)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Where the customer's last assignment to an experiment stands, or -1.</summary>
    private int SlotOf(int experiment, out int variant)
    {
        foreach (var assigned in workspace.Assigned)
        {
            if (assigned.Experiment == experiment)
            {
                variant = assigned.Variant;
                return assigned.Slot;
            }
        }

        var (slot, latest) = (-1, long.MinValue);
        variant = 0;
        for (var i = 0; i < state.Experiments.Length; i++)
        {
            ref readonly var entry = ref state.Experiments[i];
            if (entry.Experiment == experiment && entry.AtMicros >= latest)
            {
                (slot, variant, latest) = (i, entry.Variant, entry.AtMicros);
            }
        }

        return slot;
    }

    private bool TryAssign(Experiment experiment, Variant variant, out int slot)
    {
        slot = FreeSlot(experiment);
        if (slot < 0)
        {
            return false;
        }

        workspace.Assigned.Add(new ExperimentAssignedFact(experiment.Number, variant.Number, slot, nowMicros));
        return true;
    }

    /// <summary>
    /// The next, or when all are taken that of an experiment which is no more, or of which the customer has changed sides since, and which waits for nothing; -1 for none.
    /// </summary>
    private int FreeSlot(Experiment wanted)
    {
        ulong used = 0;
        var next = state.Experiments.Length;
        foreach (var assigned in workspace.Assigned)
        {
            used |= 1UL << assigned.Slot;
            next = Math.Max(next, assigned.Slot + 1);
        }

        if (next < CustomerState.MostExperiments)
        {
            return next;
        }

        foreach (var exposure in workspace.Exposures)
        {
            used |= 1UL << exposure.Slot;
        }

        foreach (ref readonly var open in state.Open)
        {
            used |= open.Exposed;
        }

        for (var i = 0; i < state.Experiments.Length; i++)
        {
            var known = state.Experiments[i].Experiment;
            if ((used & (1UL << i)) == 0
                && (known == wanted.Number || !environment.Catalog.ExperimentByNumber.ContainsKey(known) || SlotOf(known, out _) != i))
            {
                return i;
            }
        }

        return -1;
    }
}
