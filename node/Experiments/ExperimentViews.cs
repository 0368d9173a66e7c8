using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Experiments;
using PmOrleans.Node.Port;
using PmOrleans.Node.Projections;

namespace PmOrleans.Node.Experiments;

/// <summary>Experiments as people and programs read them: what the catalog says beside what the fold has counted.</summary>
internal static class ExperimentViews
{
    public static List<ExperimentView> All(CatalogSnapshot catalog, IAccounts accounts, long nowMicros) => accounts.Read(fold =>
    {
        var tallies = fold.Experiments.Tallies.ToLookup(entry => entry.Key.Experiment);
        var views = catalog.Experiments.Select(experiment => Of(experiment, catalog, tallies[experiment.Number], fold.Watermark, nowMicros)).ToList();
        views.AddRange(tallies
            .Where(group => !catalog.ExperimentByNumber.ContainsKey(group.Key))
            .OrderBy(group => group.Key)
            .Select(group => new ExperimentView(
                catalog.Registry.IdOf(IdKind.Experiment, group.Key) ?? "", null, "removed", null, 0, null, null, catalog.Currency,
                [.. group.OrderBy(entry => entry.Key.Variant).Select(entry => Of(catalog.Registry.VariantOf(group.Key, entry.Key.Variant).Variant, null, entry.Value))],
                fold.Watermark)));
        return views;
    });

    private static ExperimentView Of(
        Experiment experiment,
        CatalogSnapshot catalog,
        IEnumerable<KeyValuePair<(int Experiment, int Variant), VariantTally>> tallies,
        long watermark,
        long nowMicros)
    {
        var byVariant = tallies.ToDictionary(entry => entry.Key.Variant, entry => entry.Value);
        var variants = experiment.Variants.Select(variant => Of(variant.Id, variant.Weight, byVariant.GetValueOrDefault(variant.Number)));
        var gone = byVariant.Where(entry => experiment.Find(entry.Key) is null).OrderBy(entry => entry.Key)
            .Select(entry => Of(catalog.Registry.VariantOf(experiment.Number, entry.Key).Variant, null, entry.Value));
        var status = nowMicros < experiment.StartMicros ? "scheduled" : nowMicros >= experiment.EndMicros ? "ended" : "running";
        return new ExperimentView(
            experiment.Id,
            experiment.Name,
            status,
            experiment.Layer,
            experiment.Share,
            experiment.StartMicros == long.MinValue ? null : experiment.StartMicros,
            experiment.EndMicros == long.MaxValue ? null : experiment.EndMicros,
            catalog.Currency,
            [.. variants, .. gone],
            watermark);
    }

    private static VariantView Of(string id, double? weight, VariantTally tally) => new(
        id, weight, tally.Customers, tally.Exposures, tally.Impressions, tally.Clicks, tally.Conversions, tally.Rewards, tally.ValueMicros,
        (double)tally.ValueSquares / 1e12, tally.SpendMicros);
}
