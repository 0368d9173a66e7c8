using System.ComponentModel;
using PmOrleans.Gateway.Json;
using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Experiments;

internal sealed record ExperimentListBody(IReadOnlyList<ExperimentBody> Experiments)
{
    public static ExperimentListBody From(IReadOnlyList<ExperimentView> views) => new([.. views.Select(ExperimentBody.From)]);
}

/// <summary>An experiment and what its variants brought. Amounts in units of the currency.</summary>
internal sealed record ExperimentBody(
    string Id,
    string? Name,
    [property: Description("scheduled, running, ended; removed: not in the live catalog any more.")] string Status,
    string? Layer,
    double Share,
    DateTime? Start,
    DateTime? End,
    string Currency,
    IReadOnlyList<VariantBody> Variants,
    [property: Description("Sequence of the last log record in these figures.")] long Watermark)
{
    public static ExperimentBody From(ExperimentView view) => new(
        view.Id, view.Name, view.Status, view.Layer, view.Share, Time(view.StartMicros), Time(view.EndMicros), view.Currency,
        [.. view.Variants.Select(VariantBody.From)], view.Watermark);

    private static DateTime? Time(long? micros) => micros is { } at ? IsoTime.ToDateTime(at) : null;
}

/// <summary>Counts and sums of one variant.</summary>
internal sealed record VariantBody(
    string Id,
    double? Weight,
    [property: Description("Customers assigned, each at the first decision the experiment acted on.")] long Customers,
    [property: Description("Placements decided under it.")] long Exposures,
    long Impressions,
    long Clicks,
    long Conversions,
    [property: Description("Decisions that reached their policy's goal in time.")] long Rewards,
    [property: Description("What events that answer those decisions brought.")] decimal Value,
    [property: Description("Sum over customers of the square of each one's value: with customers and value it gives the variance.")] double ValueSquares,
    decimal Spend)
{
    public static VariantBody From(VariantView view) => new(
        view.Id, view.Weight, view.Customers, view.Exposures, view.Impressions, view.Clicks, view.Conversions, view.Rewards,
        Money.ToUnits(view.ValueMicros), view.ValueSquares, Money.ToUnits(view.SpendMicros));
}
