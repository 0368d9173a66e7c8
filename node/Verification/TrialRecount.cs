using PmOrleans.Decisioning.Facts;

namespace PmOrleans.Node.Verification;

/// <summary>
/// One customer's decided offers followed to their end: each outcome belongs to a decision that is there, each trial resolves at most once,
/// each settlement happens at most once, no more is settled or released than was set aside.
/// </summary>
internal sealed class TrialRecount(string customer, FindingList findings)
{
    private readonly Dictionary<(long Sequence, int Slot), Trial> _trials = [];

    public void Apply(DecisionFact decision, long sequence)
    {
        var slot = 0;
        foreach (var placement in decision.Placements)
        {
            foreach (var offer in placement.Offers)
            {
                var place = slot++;
                if (!offer.IsFallback)
                {
                    _trials[(sequence, place)] = new Trial(offer, placement.Policy) { Reserved = offer.ReservedMicros, Settled = offer.SettledMicros > 0 };
                }
            }
        }
    }

    public void Apply(OutcomeFact outcome, long sequence)
    {
        if (outcome.DecisionSequence == 0)
        {
            return;
        }

        string Where() => $"customer {customer} record {sequence} outcome {outcome.Event} of record {outcome.DecisionSequence} slot {outcome.Slot}";
        if (!_trials.TryGetValue((outcome.DecisionSequence, outcome.Slot), out var trial))
        {
            findings.Add(FindingKind.Dangling, Where(), "a decision before it", "none");
            return;
        }

        if (trial.Offer.Offer != outcome.Offer || trial.Offer.Campaign != outcome.Campaign || trial.Policy != outcome.Policy)
        {
            findings.Add(
                FindingKind.Dangling,
                Where(),
                $"offer {trial.Offer.Offer} campaign {trial.Offer.Campaign} policy {trial.Policy}",
                $"offer {outcome.Offer} campaign {outcome.Campaign} policy {outcome.Policy}");
        }

        if (outcome.Reward >= 0)
        {
            if (trial.Resolved)
            {
                findings.Add(FindingKind.FactDoubled, Where(), "one resolution of the trial", "another");
            }

            trial.Resolved = true;
        }

        if (outcome.SettledMicros + outcome.UnbilledMicros > 0)
        {
            if (trial.Settled)
            {
                findings.Add(FindingKind.FactDoubled, Where(), "one settlement", "another");
            }

            trial.Settled = true;
            if (outcome.SettledMicros + outcome.UnbilledMicros != trial.Offer.CostMicros)
            {
                findings.Add(
                    FindingKind.MoneyUnbacked, Where(), $"settled and unbilled {trial.Offer.CostMicros}", outcome.SettledMicros + outcome.UnbilledMicros);
            }
        }

        trial.Reserved -= outcome.FromReserveMicros + outcome.ReleasedMicros;
        if (trial.Reserved < 0)
        {
            findings.Add(FindingKind.MoneyUnbacked, Where(), "no more used and released than was set aside", $"{-trial.Reserved} micros more", -trial.Reserved);
            trial.Reserved = 0;
        }
    }

    private sealed class Trial(ServedOffer offer, int policy)
    {
        public ServedOffer Offer { get; } = offer;

        public int Policy { get; } = policy;

        public bool Resolved { get; set; }

        public bool Settled { get; set; }

        public long Reserved { get; set; }
    }
}
