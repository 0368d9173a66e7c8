using System.Numerics;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Facts;

namespace PmOrleans.Decisioning.Profiles;

/// <content>Experiments the customer is in.</content>
public sealed partial class CustomerState
{
    /// <summary>Assignments kept of a customer; who is in so many enters no other until one of them is out of the catalog.</summary>
    public const int MostExperiments = 64;

    private ExperimentEntry[] _experiments = [];

    /// <summary>By slot.</summary>
    public ReadOnlySpan<ExperimentEntry> Experiments => _experiments;

    /// <summary>The variants a decided offer was decided under, with what the customer has brought under each so far.</summary>
    internal OutcomeExposure[] ExposuresOf(in OpenDecision open)
    {
        if (open.Exposed == 0)
        {
            return [];
        }

        var exposures = new OutcomeExposure[BitOperations.PopCount(open.Exposed)];
        var filled = 0;
        for (var slots = open.Exposed; slots != 0; slots &= slots - 1)
        {
            var slot = BitOperations.TrailingZeroCount(slots);
            ref readonly var entry = ref _experiments[slot];
            exposures[filled++] = new OutcomeExposure(entry.Experiment, entry.Variant, slot, entry.ValueMicros);
        }

        return exposures;
    }

    private static ulong SlotsOf(ExperimentExposure[] exposures)
    {
        ulong slots = 0;
        foreach (var exposure in exposures)
        {
            slots |= 1UL << exposure.Slot;
        }

        return slots;
    }

    private void ApplyAssigned(ExperimentAssignedFact fact)
    {
        if (fact.Slot >= MostExperiments)
        {
            throw new CorruptDataException($"an experiment has slot {fact.Slot}; slots are 0 to {MostExperiments - 1}");
        }

        if (fact.Slot >= _experiments.Length)
        {
            Array.Resize(ref _experiments, fact.Slot + 1);
        }

        _experiments[fact.Slot] = new ExperimentEntry(fact.Experiment, fact.Variant, fact.AtMicros, 0);
    }

    private void ApplyExposures(OutcomeFact fact)
    {
        foreach (var exposure in fact.Exposures)
        {
            if (exposure.Slot < _experiments.Length)
            {
                ref var entry = ref _experiments[exposure.Slot];
                entry = entry with { ValueMicros = ValueSum.Add(entry.ValueMicros, fact.ValueMicros) };
            }
        }
    }

    private void WriteExperiments(ByteWriter writer)
    {
        writer.Count(_experiments.Length);
        foreach (var (experiment, variant, at, value) in _experiments)
        {
            writer.Count(experiment);
            writer.Count(variant);
            writer.Signed(at);
            writer.Signed(value);
        }

        for (var i = 0; i < _openCount; i++)
        {
            if (_open[i].Exposed != 0)
            {
                writer.Count(i);
                writer.Unsigned(_open[i].Exposed);
            }
        }
    }

    private void ReadExperiments(ref ByteReader reader)
    {
        _experiments = new ExperimentEntry[reader.Items(4)];
        for (var i = 0; i < _experiments.Length; i++)
        {
            _experiments[i] = new ExperimentEntry(reader.Count(), reader.Count(), reader.Signed(), reader.Signed());
        }

        while (!reader.AtEnd)
        {
            var (index, slots) = (reader.Count(), reader.Unsigned());
            if (index >= _openCount || (_experiments.Length < MostExperiments && slots >> _experiments.Length != 0))
            {
                throw new CorruptDataException($"open decision {index} of {_openCount} was decided under {slots:x} of {_experiments.Length} experiments");
            }

            _open[index].Exposed = slots;
        }
    }
}
