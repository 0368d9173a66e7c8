using System.Globalization;
using PmOrleans.Decisioning.Catalog.Compiling;
using PmOrleans.Decisioning.Experiments;

namespace PmOrleans.Decisioning.Catalog;

/// <summary>An experiment as comparable texts, a field for each variant.</summary>
internal static class ExperimentDescription
{
    public static DescribedField[] Of(Experiment experiment, CatalogSnapshot catalog) =>
    [
        ("name", experiment.Name), ("layer", experiment.Layer), ("share", Number(experiment.Share)), ("upTo", Number(experiment.UpTo)),
        ("start", Times.Text(experiment.StartMicros)), ("end", Times.Text(experiment.EndMicros)),
        CatalogDescription.Rule("audience", experiment.Audience, catalog),
        ("placements", List(experiment.PlacementIds)),
        ("variants", List(experiment.Variants.Select(variant => Variant(variant, catalog)))),
    ];

    private static string Variant(Variant variant, CatalogSnapshot catalog)
    {
        List<string> parts = [$"{variant.Id} {Number(variant.Weight)}"];
        if (variant.Policy is not null)
            parts.Add($"policy {variant.Policy.Id}");
        if (variant.OfferToLever.Count > 0)
            parts.Add("levers " + string.Join(' ', variant.OfferToLever.OrderBy(entry => entry.Key).Select(entry => $"{catalog.OfferByNumber[entry.Key].Id} {Number(entry.Value)}")));
        if (variant.Only.Count > 0)
            parts.Add("only " + string.Join(' ', variant.Only.Order().Select(offer => catalog.OfferByNumber[offer].Id)));
        if (variant.Without.Count > 0)
            parts.Add("without " + string.Join(' ', variant.Without.Order().Select(offer => catalog.OfferByNumber[offer].Id)));
        parts.AddRange(variant.OfferToCreatives.OrderBy(entry => entry.Key)
            .Select(entry => $"{catalog.OfferByNumber[entry.Key].Id} as {string.Join(' ', entry.Value.Select(creative => creative.Id))}"));
        return string.Join("; ", parts);
    }

    private static string Number(double number) => number.ToString(CultureInfo.InvariantCulture);

    private static string? List(IEnumerable<string> items) => string.Join(", ", items) is { Length: > 0 } text ? text : null;
}
