using PmOrleans.Decisioning.Facts;

namespace PmOrleans.Node.Verification;

/// <summary>One customer's decisions under experiments followed to their events: each event carries exactly the variants that its decision was made under.</summary>
internal sealed class ExposureRecount(string customer, FindingList findings)
{
    private readonly Dictionary<(long Sequence, int Slot), ExperimentExposure[]> _exposed = [];

    public void Apply(DecisionFact decision, long sequence)
    {
        var slot = 0;
        foreach (var placement in decision.Placements)
        {
            foreach (var _ in placement.Offers)
            {
                var place = slot++;
                if (placement.Exposures.Length > 0)
                {
                    _exposed[(sequence, place)] = placement.Exposures;
                }
            }
        }
    }

    public void Apply(OutcomeFact outcome, long sequence)
    {
        if (outcome.Event is OutcomeEvent.Expired or OutcomeEvent.Released)
        {
            return;
        }

        var expected = Text((_exposed.GetValueOrDefault((outcome.DecisionSequence, outcome.Slot)) ?? []).Select(exposure => (exposure.Slot, exposure.Experiment, exposure.Variant)));
        var found = Text(outcome.Exposures.Select(exposure => (exposure.Slot, exposure.Experiment, exposure.Variant)));
        if (expected != found)
        {
            findings.Add(FindingKind.ExperimentDiffers, $"customer {customer} record {sequence} outcome {outcome.Event} of record {outcome.DecisionSequence}", expected, found);
        }
    }

    private static string Text(IEnumerable<(int Slot, int Experiment, int Variant)> exposures) =>
        string.Join(", ", exposures.Order().Select(exposure => $"experiment {exposure.Experiment} variant {exposure.Variant} in slot {exposure.Slot}"));
}
