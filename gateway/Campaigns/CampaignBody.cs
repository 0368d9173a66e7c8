using System.ComponentModel;
using PmOrleans.Gateway.Json;
using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Campaigns;

internal sealed record CampaignListBody(IReadOnlyList<CampaignBody> Campaigns)
{
    public static CampaignListBody From(IReadOnlyList<CampaignView> views) => new([.. views.Select(CampaignBody.From)]);
}

/// <summary>A campaign's ledger, price and results. Amounts in units of its currency.</summary>
internal sealed record CampaignBody(
    string Id,
    string? Name,
    string Status,
    bool Paused,
    string Currency,
    LedgerBody? Total,
    LedgerBody? Today,
    [property: Description("Shadow price of its money; steers the rate of spending.")] double? Price,
    IReadOnlyList<OfferResultBody> Offers,
    [property: Description("Sequence of the last log record in these figures.")] long Watermark)
{
    public static CampaignBody From(CampaignView view) => new(
        view.Id, view.Name, view.Status, view.Paused, view.Currency, LedgerBody.From(view.Total), LedgerBody.From(view.Today), Bodies.Finite(view.Price),
        [.. view.Offers.Select(offer => new OfferResultBody(
            offer.OfferId, offer.Decisions, offer.Impressions, offer.Clicks, offer.Conversions, offer.Rewards,
            Money.ToUnits(offer.SettledMicros), Money.ToUnits(offer.ValueMicros), offer.InStock))],
        view.Watermark);
}

/// <summary>budget = settled + reserved + leased + free, always. Unbilled is what was delivered beyond the budget.</summary>
internal sealed record LedgerBody(
    [property: Description("The day of a daily budget, in the campaign's zone.")] DateOnly? Day,
    decimal Budget,
    decimal Settled,
    decimal Reserved,
    decimal Leased,
    decimal Free,
    decimal Unbilled)
{
    public static LedgerBody? From(LedgerView? view) => view is null ? null : new LedgerBody(
        view.Day == 0 ? null : new DateOnly(view.Day / 10_000, view.Day / 100 % 100, view.Day % 100),
        Money.ToUnits(view.BudgetMicros), Money.ToUnits(view.SettledMicros), Money.ToUnits(view.ReservedMicros),
        Money.ToUnits(view.LeasedMicros), Money.ToUnits(view.FreeMicros), Money.ToUnits(view.UnbilledMicros));
}

internal sealed record OfferResultBody(
    string OfferId, long Decisions, long Impressions, long Clicks, long Conversions, long Rewards, decimal Settled, decimal Value,
    [property: Description("False while the catalog or an operator says that it is out of stock.")] bool InStock);
