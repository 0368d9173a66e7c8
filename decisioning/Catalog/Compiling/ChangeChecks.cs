using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Catalog.Sources;
using PmOrleans.Decisioning.Experiments;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>Warnings about what another version takes over under the same id and should not.</summary>
internal sealed class ChangeChecks(CompileContext context, CatalogSnapshot catalog, CatalogSnapshot live)
{
    public void Run(Sections sections)
    {
        CheckCurrency(sections);
        foreach (var (id, entry) in sections["policies"])
        {
            var policy = catalog.Policies.First(candidate => candidate.Id == id);
            if (live.PolicyByNumber.TryGetValue(policy.Number, out var before) && before.Goal.On != policy.Goal.On)
            {
                var goal = (entry.Value as SourceMap)?.Find("goal")?.Value;
                context.Bag.Warning(
                    CatalogCodes.ChangedGoal, (goal as SourceMap)?.Find("on")?.Value ?? goal ?? entry.Key, $"policies/{id}/goal/on",
                    $"This policy learns from '{policy.Goal.On}' now and from '{before.Goal.On}' in the live version: it goes on with what it learned from that.",
                    "give it a new id, and name that where it is used");
            }
        }

        foreach (var (id, entry) in sections["experiments"])
            CheckWeights(catalog.Experiments.First(candidate => candidate.Id == id), entry);
    }

    private void CheckCurrency(Sections sections)
    {
        var at = sections["catalog"].FirstOrDefault(entry => entry.Id == "currency").Entry?.Value ?? sections["campaigns"].Select(entry => entry.Entry.Key).FirstOrDefault();
        if (catalog.Currency != live.Currency && at is not null)
        {
            context.Bag.Warning(
                CatalogCodes.ChangedCurrency, at, "catalog/currency",
                $"The catalog counts in {catalog.Currency} now and in {live.Currency} in the live version: what was spent of budgets and what customers have bought goes on as the same numbers.",
                "take a new store for another currency");
        }
    }

    private void CheckWeights(Experiment experiment, SourceEntry entry)
    {
        if (live.Experiments.FirstOrDefault(candidate => candidate.Number == experiment.Number) is not { Share: > 0 } before
            || !before.IsRunning(context.NowMicros) || !experiment.IsRunning(context.NowMicros))
            return;
        string[] changed =
        [
            .. experiment.Variants.Select(variant => (variant.Id, Before: before.Find(variant.Number)?.Weight ?? 0, Now: variant.Weight))
                .Concat(before.Variants.Where(variant => experiment.Find(variant.Number) is null).Select(variant => (variant.Id, Before: variant.Weight, Now: 0.0)))
                .Where(weight => weight.Before != weight.Now)
                .Select(weight => FormattableString.Invariant($"'{weight.Id}' from {weight.Before} to {weight.Now}")),
        ];
        if (changed.Length > 0)
        {
            context.Bag.Warning(
                CatalogCodes.ChangedWeights, (entry.Value as SourceMap)?.Find("variants")?.Key ?? entry.Key, $"experiments/{experiment.Id}/variants",
                $"The experiment is running and its weights change: {string.Join(", ", changed)}. Whoever has met it keeps the variant, whoever comes later is drawn by the new weights: the figures of the variants are of other days and do not compare.",
                "leave the weights and change 'share', or take a new id for the experiment");
        }
    }
}
