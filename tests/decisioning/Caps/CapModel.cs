using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Facts;

namespace PmOrleans.Decisioning.Tests.Caps;

/// <summary>Caps the long way: every event and every reservation ever, looked through for each question.</summary>
internal sealed class CapModel(CatalogSnapshot catalog)
{
    private readonly List<(CappedEvent Event, int Offer, int Campaign, int Category, int Channel, long At)> _events = [];
    private readonly List<Reservation> _reservations = [];

    public void Add(ServedOffer offer, long at, long sequence, int slot)
    {
        _events.Add((CappedEvent.Decision, offer.Offer, offer.Campaign, offer.Category, offer.Channel, at));
        _reservations.Add(new Reservation(sequence, slot, offer, at + (catalog.CapHold.Ticks / 10)));
    }

    public void Add(OutcomeFact outcome)
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

        _events.Add((capped, outcome.Offer, outcome.Campaign, outcome.Category, outcome.Channel, outcome.AtMicros));
        _reservations.Find(open => open.Sequence == outcome.DecisionSequence && open.Slot == outcome.Slot)?.Came.Add(capped);
    }

    public bool HasRoom(Offer offer, int channel, long now) => catalog.CapScopes.All(
        scope => !Falls(scope, offer.Number, offer.Campaign.Number, offer.CategoryNumber, channel) || Used(scope, now) < scope.Cap.Limit);

    public int Used(CapScope scope, long now)
    {
        var counted = _events.Count(item => item.Event == scope.Cap.Event && item.At > now - scope.WindowMicros
            && Falls(scope, item.Offer, item.Campaign, item.Category, item.Channel));
        var reserved = scope.Cap.Event == CappedEvent.Decision ? 0 : _reservations.Count(open => open.Until > now && !open.Came.Contains(scope.Cap.Event)
            && Falls(scope, open.Offer.Offer, open.Offer.Campaign, open.Offer.Category, open.Offer.Channel));
        return counted + reserved;
    }

    private static bool Falls(CapScope scope, int offer, int campaign, int category, int channel) => scope.Cap.Per switch
    {
        CapPer.Offer => scope.Over == offer,
        CapPer.Campaign => scope.Over == campaign,
        CapPer.Category => scope.Over == category,
        CapPer.Channel => scope.Over == channel,
        _ => true,
    };

    private sealed record Reservation(long Sequence, int Slot, ServedOffer Offer, long Until)
    {
        public HashSet<CappedEvent> Came { get; } = [];
    }
}
