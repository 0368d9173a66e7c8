using System.Runtime.InteropServices;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Facts;

namespace PmOrleans.Decisioning.Experiments;

/// <summary>The books of all experiments: the fold of assignments, decisions and outcomes in the log. Reads accounting parts only, so an erasure changes nothing.</summary>
public sealed class ExperimentBook
{
    private const byte Format = 1;

    private readonly Dictionary<(int Experiment, int Variant), VariantTally> _tallies = [];

    /// <summary>By numbers of experiment and variant.</summary>
    public IReadOnlyDictionary<(int Experiment, int Variant), VariantTally> Tallies => _tallies;

    public void Apply(Fact fact)
    {
        switch (fact)
        {
            case ExperimentAssignedFact assigned:
                Of(assigned.Experiment, assigned.Variant).Customers++;
                break;
            case DecisionFact decision:
                foreach (var placement in decision.Placements)
                {
                    Apply(placement);
                }

                break;
            case OutcomeFact { Exposures.Length: > 0 } outcome:
                Apply(outcome);
                break;
        }
    }

    /// <summary>Adds what another book has folded, of other records. Sums: in any order, with the same result.</summary>
    public void Merge(ExperimentBook other)
    {
        foreach (var ((experiment, variant), more) in other._tallies)
        {
            ref var tally = ref Of(experiment, variant);
            tally = tally.Plus(more);
        }
    }

    public void Write(ByteWriter writer)
    {
        writer.Byte(Format);
        writer.Count(_tallies.Count);
        foreach (var ((experiment, variant), tally) in _tallies.OrderBy(entry => entry.Key))
        {
            writer.Count(experiment);
            writer.Count(variant);
            tally.Write(writer);
        }
    }

    /// <exception cref="CorruptDataException">Damaged, cut, or of a later format.</exception>
    public static ExperimentBook Read(ref ByteReader reader)
    {
        if (reader.Byte() is var format && format != Format)
        {
            throw new CorruptDataException($"the experiments' books have format {format}; this version reads {Format}");
        }

        var book = new ExperimentBook();
        for (var count = reader.Items(); count > 0; count--)
        {
            book._tallies[(reader.Count(), reader.Count())] = VariantTally.Read(ref reader);
        }

        return book;
    }

    private void Apply(PlacementDecision placement)
    {
        if (placement.Exposures.Length == 0)
        {
            return;
        }

        long settled = 0;
        foreach (var offer in placement.Offers)
        {
            settled += offer.SettledMicros;
        }

        foreach (var exposure in placement.Exposures)
        {
            ref var tally = ref Of(exposure.Experiment, exposure.Variant);
            tally.Exposures++;
            tally.SpendMicros += settled;
        }
    }

    private void Apply(OutcomeFact outcome)
    {
        foreach (var exposure in outcome.Exposures)
        {
            ref var tally = ref Of(exposure.Experiment, exposure.Variant);
            tally.Impressions += outcome.Event == OutcomeEvent.Impression ? 1 : 0;
            tally.Clicks += outcome.Event == OutcomeEvent.Click ? 1 : 0;
            tally.Conversions += outcome.Event == OutcomeEvent.Conversion ? 1 : 0;
            tally.Rewards += outcome.Reward == 1 ? 1 : 0;
            tally.ValueMicros = ValueSum.Add(tally.ValueMicros, outcome.ValueMicros);
            Int128 before = exposure.ValueBeforeMicros;
            Int128 after = ValueSum.Add(exposure.ValueBeforeMicros, outcome.ValueMicros);
            tally.ValueSquares = ValueSum.Add(tally.ValueSquares, (after * after) - (before * before));
            tally.SpendMicros += outcome.SettledMicros;
        }
    }

    private ref VariantTally Of(int experiment, int variant) => ref CollectionsMarshal.GetValueRefOrAddDefault(_tallies, (experiment, variant), out _);
}
