using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Catalog.Sources;
using PmOrleans.Decisioning.Experiments;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>Warnings about experiments that get in each other's way.</summary>
internal sealed class ExperimentChecks(CompileContext context, CatalogSnapshot catalog)
{
    public void Run(IReadOnlyList<(string Id, SourceEntry Entry)> entries)
    {
        var idToKey = entries.ToDictionary(entry => entry.Id, entry => entry.Entry.Key, StringComparer.Ordinal);
        foreach (var placement in catalog.Placements)
        {
            var withPolicy = placement.Experiments.Where(experiment => experiment.Variants.Any(variant => variant.Policy is not null)).ToList();
            for (var i = 1; i < withPolicy.Count; i++)
            {
                if (withPolicy.Take(i).FirstOrDefault(earlier => CanMeet(earlier, withPolicy[i])) is { } other)
                {
                    context.Bag.Warning(
                        CatalogCodes.ClashingExperiments, idToKey[withPolicy[i].Id], $"experiments/{withPolicy[i].Id}",
                        $"At placement '{placement.Id}' the policy of experiment '{other.Id}' comes first: who is in both never has this one's.", "put both in one layer");
                }
            }
        }
    }

    private static bool CanMeet(Experiment left, Experiment right) =>
        (left.LayerNumber == 0 || left.LayerNumber != right.LayerNumber) && left.StartMicros < right.EndMicros && right.StartMicros < left.EndMicros;
}
