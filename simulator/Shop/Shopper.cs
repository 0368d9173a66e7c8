using PmOrleans.Decisioning.Facts;
using PmOrleans.Simulator.Chance;
using PmOrleans.Simulator.Truth;

namespace PmOrleans.Simulator.Shop;

/// <summary>How a customer responds to what is shown: sees it, clicks it or not, buys or not, by the truth and the luck of the visit.</summary>
/// <remarks>
/// The luck belongs to the visit, not to the offer or the arm: shown the same offer, the same visit ends the same way in every arm (common random
/// numbers), and what differs between arms is what they showed.
/// </remarks>
public sealed class Shopper(TasteModel truth, TasteOptions options, Draws draws)
{
    private const long Second = 1_000_000;
    private readonly Draws _click = draws.For(20);
    private readonly Draws _buy = draws.For(21);
    private readonly Draws _delay = draws.For(22);
    private readonly Draws _dismiss = draws.For(23);
    private readonly Draws _basket = draws.For(24);

    /// <summary>What follows a decision: touchpoints with their own times, the earliest first. The page tells of an impression and a click together.</summary>
    public Response Respond(Visit visit, Answered answered, string? channel)
    {
        var offer = answered.Offer!;
        var number = (ulong)visit.Number;
        var seen = visit.AtMicros + (long)((.2 + (2 * _delay.Uniform(number))) * Second);
        var impression = Touch(TouchpointTypes.Impression, seen, null);
        if (_click.Uniform(number) >= truth.ClickRate(visit.Customer, offer, visit.AtMicros))
        {
            return _dismiss.Uniform(number) < options.DismissRate
                ? new Response([impression, Touch(TouchpointTypes.Dismiss, seen + (3 * Second), null)], null, Clicked: false)
                : new Response([impression], null, Clicked: false);
        }

        var clicked = seen + (long)((2 + (25 * _delay.Exponential(number, 1))) * Second);
        Touchpoint[] page = [impression, Touch(TouchpointTypes.Click, clicked, null)];
        if (_buy.Uniform(number) >= truth.BuyRate(visit.Customer, offer, visit.AtMicros))
        {
            return new Response(page, null, Clicked: true);
        }

        var value = Math.Max(offer.Value, .01) * Math.Exp((.4 * _basket.Normal(number)) - .08);
        var bought = clicked + (long)((60 + (600 * _delay.Exponential(number, 2))) * Second);
        return new Response(page, Touch(TouchpointTypes.Purchase, bought, (long)(value * 100) * 10_000), Clicked: true);

        Touchpoint Touch(string type, long at, long? valueMicros) => new()
        {
            MessageId = $"{type[0]}{visit.Number}",
            CustomerId = visit.CustomerId,
            Type = type,
            AtMicros = at,
            Channel = channel,
            DecisionId = answered.DecisionId,
            OfferId = offer.Id,
            ValueMicros = valueMicros,
        };
    }
}

/// <param name="Page">Impression, then click or dismissal if there was one.</param>
/// <param name="Purchase">After a click, or <c>null</c>.</param>
public sealed record Response(Touchpoint[] Page, Touchpoint? Purchase, bool Clicked);
