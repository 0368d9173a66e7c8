using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Facts;

namespace PmOrleans.Node.Verification;

/// <summary>
/// Caps counted again from one customer's facts, the plain way: keep every event and every decided offer, and at each decision count all of
/// them. Shares no code with the counters that decisions use.
/// </summary>
internal sealed class CapRecount(string customer, PublishedCatalogs catalogs, FindingList findings)
{
    /// <summary>So that a customer with a long history costs its windows, not its square.</summary>
    private const int ForgetEvery = 256;

    private readonly List<Event> _events = [];
    private readonly List<Answered> _answered = [];
    private int _decisions;
    private readonly Dictionary<(long Sequence, int Slot), Answered> _bySlot = [];

    /// <summary>Offers counted against their caps so far.</summary>
    public long Checks { get; private set; }

    public void Apply(OutcomeFact outcome)
    {
        CappedEvent? kind = outcome.Event switch
        {
            OutcomeEvent.Impression => CappedEvent.Impression,
            OutcomeEvent.Click => CappedEvent.Click,
            OutcomeEvent.Conversion => CappedEvent.Conversion,
            _ => null,
        };
        if (kind is not { } capped)
        {
            return;
        }

        _events.Add(new Event(capped, outcome.AtMicros, outcome.Offer, outcome.Campaign, outcome.Category, outcome.Channel));
        if (outcome.DecisionSequence > 0 && _bySlot.TryGetValue((outcome.DecisionSequence, outcome.Slot), out var answered))
        {
            answered.Happened.Add(capped);
        }
    }

    public void Apply(DecisionFact decision, long sequence)
    {
        Forget(decision.AtMicros);
        var catalog = catalogs.Version(decision.CatalogVersion);
        var slot = 0;
        foreach (var offer in decision.Placements.SelectMany(placement => placement.Offers))
        {
            var place = slot++;
            if (offer.IsFallback)
            {
                continue;
            }

            if (catalog is not null)
            {
                Check(decision, sequence, offer, catalog);
            }

            _events.Add(new Event(CappedEvent.Decision, decision.AtMicros, offer.Offer, offer.Campaign, offer.Category, offer.Channel));
            var answered = new Answered(offer, []);
            _answered.Add(answered);
            _bySlot[(sequence, place)] = answered;
        }
    }

    /// <summary>Customer time never goes back, so what has left the longest window, or whose hold is over, counts in no later decision.</summary>
    private void Forget(long nowMicros)
    {
        if (++_decisions % ForgetEvery == 0)
        {
            _events.RemoveAll(happened => happened.AtMicros <= nowMicros - catalogs.LongestCapMicros);
            _answered.RemoveAll(answered => answered.Offer.HoldUntilMicros <= nowMicros);
        }
    }

    private void Check(DecisionFact decision, long sequence, ServedOffer offer, CatalogSnapshot catalog)
    {
        Checks++;
        foreach (var scope in catalog.CapScopes)
        {
            if (!Covers(scope, offer.Offer, offer.Campaign, offer.Category, offer.Channel))
            {
                continue;
            }

            var weight = scope.Cap.WeightOf(offer.Channel);
            if (weight == 0)
            {
                continue;
            }

            var used = Used(scope, decision.AtMicros);
            if (used + weight > scope.Cap.Limit)
            {
                findings.Add(
                    FindingKind.CapBroken,
                    $"customer {customer} record {sequence} offer {offer.Offer} cap {scope.Cap.Id}",
                    $"room for {weight} under {scope.Cap.Limit}",
                    used);
            }
        }
    }

    private int Used(CapScope scope, long nowMicros)
    {
        var used = 0;
        foreach (var happened in _events)
        {
            if (happened.Kind == scope.Cap.Event
                && happened.AtMicros > nowMicros - (scope.Cap.Window.Ticks / TimeSpan.TicksPerMicrosecond)
                && Covers(scope, happened.Offer, happened.Campaign, happened.Category, happened.Channel))
            {
                used += scope.Cap.WeightOf(happened.Channel);
            }
        }

        if (scope.Cap.Event != CappedEvent.Decision)
        {
            foreach (var answered in _answered)
            {
                if (answered.Offer.HoldUntilMicros > nowMicros
                    && !answered.Happened.Contains(scope.Cap.Event)
                    && Covers(scope, answered.Offer.Offer, answered.Offer.Campaign, answered.Offer.Category, answered.Offer.Channel))
                {
                    used += scope.Cap.WeightOf(answered.Offer.Channel);
                }
            }
        }

        return used;
    }

    private static bool Covers(CapScope scope, int offer, int campaign, int category, int channel) => scope.Cap.Per switch
    {
        CapPer.Offer => scope.Over == offer,
        CapPer.Campaign => scope.Over == campaign,
        CapPer.Category => category != 0 && scope.Over == category,
        CapPer.Channel => channel != 0 && scope.Over == channel,
        _ => true,
    };

    private readonly record struct Event(CappedEvent Kind, long AtMicros, int Offer, int Campaign, int Category, int Channel);

    private sealed record Answered(ServedOffer Offer, HashSet<CappedEvent> Happened);
}
