using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;

namespace PmOrleans.Node.Tests.Walk;

/// <content>What customers ask and do.</content>
internal sealed partial class RandomWalk
{
    private Sent Draw(WalkedCustomer customer)
    {
        Touchpoint[] touchpoints = [.. Enumerable.Range(0, _random.Of(1, 1, 2, 5)).Select(_ => DrawTouchpoint(customer))];
        if (_random.May(.5))
        {
            if (_random.May(.15) && customer.Touchpoints.Count > 0) touchpoints = [.. touchpoints, _random.Of([.. customer.Touchpoints.TakeLast(50)])];
            return new Sent(customer, null, touchpoints, _host.HasQueue && _random.May(.3));
        }

        var asked = _random.Of([.. customer.Ids]);
        var placements = WalkCatalog.Placements.Where(_ => _random.May(.5)).DefaultIfEmpty("web");
        return new Sent(customer, new DecisionRequest
        {
            DecisionId = NextId("d"),
            CustomerId = asked,
            Placements = [.. placements.Select(placement => new PlacementRequest(placement, _random.Next(1, WalkCatalog.Slots(placement) + 1), []))],
            Context = [new("channel", PropertyValue.Of("web")), new("device", PropertyValue.Of(_random.Of("mobile", "desktop")))],
            Touchpoints = _random.May(.3) ? [.. touchpoints.Select(touchpoint => touchpoint with { CustomerId = asked })] : [],
            Explain = _random.May(.1),
            DryRun = _random.May(.1),
        }, touchpoints, Queued: false);
    }

    private Touchpoint DrawTouchpoint(WalkedCustomer customer)
    {
        var at = Now - _random.Next(1, 1_000);
        if (_random.May(.15)) at -= (long)(_random.NextDouble() * _random.Of(10 * Second, 3_600 * Second, Day, 5 * Day));
        var drawn = new Touchpoint
        {
            MessageId = NextId("m"),
            CustomerId = _random.May(.7) ? customer.Id : _random.Of([.. customer.Ids]),
            Type = _random.Of("view", "view", "view", "purchase", "identify", "consent", "impression", "click", "dismiss", "cart_add", "custom"),
            AtMicros = Math.Max(at, customer.ErasedAt + 1),
        };
        return Answering(drawn, customer) with
        {
            Channel = drawn.Type == "view" ? _random.Of("web", "app") : null,
            ValueMicros = drawn.Type == "purchase" ? _random.Next(1, 60_000_000) : null,
            Purpose = drawn.Type == "consent" ? "marketing" : null,
            Granted = drawn.Type == "consent" ? _random.May(.6) : null,
            Properties = drawn.Type != "view" ? [] : [new("category", PropertyValue.Of(_random.Of("tea", "cups", "books"))), new("sku", PropertyValue.Of($"s{_random.Next(30)}"))],
            Set = drawn.Type != "identify" ? [] : [new("tier", PropertyValue.Of(_random.Of("none", "silver", "gold"))), new("age", PropertyValue.Of(_random.Next(10, 70)))],
        };
    }

    /// <summary>Most outcomes name one of the customer's last decisions, some only an offer.</summary>
    private Touchpoint Answering(Touchpoint drawn, WalkedCustomer customer)
    {
        if (drawn.Type is not ("impression" or "click" or "dismiss" or "purchase"))
        {
            return drawn;
        }

        var mine = _decided.TakeLast(100).Where(decided => decided.Customer == customer && decided.Life == customer.Life).TakeLast(5).ToArray();
        if (mine.Length == 0 || _random.May(.2))
        {
            return _random.May(.5) ? drawn : drawn with { OfferId = DrawOffer() };
        }

        var answer = _random.Of(mine).Answer;
        var offers = Shown(answer).ToArray();
        return drawn with { DecisionId = answer.DecisionId, OfferId = offers.Length > 0 && _random.May(.8) ? _random.Of(offers) : null };
    }

    private string DrawOffer() => WalkCatalog.Offer(_random.Next(WalkCatalog.Campaigns), _random.Next(WalkCatalog.Offers));
}
