using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Catalog.Sources;
using PmOrleans.Decisioning.Experiments;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>Warnings about experiments that get in each other's way, or whose figures will not compare.</summary>
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

        foreach (var experiment in catalog.Experiments)
        {
            CheckWindows(experiment, idToKey);
        }
    }

    /// <summary>What a decision brings is counted while its policy's window lasts: the longer one counts more, whatever was shown.</summary>
    private void CheckWindows(Experiment experiment, Dictionary<string, SourceScalar> idToKey)
    {
        foreach (var placement in catalog.Placements.Where(placement => placement.Experiments.Contains(experiment)))
        {
            var first = experiment.Variants[0];
            var within = WindowOf(first, placement);
            if (experiment.Variants.FirstOrDefault(variant => WindowOf(variant, placement) != within) is { } other)
            {
                context.Bag.Warning(
                    CatalogCodes.UnlikeWindows, idToKey[experiment.Id], $"experiments/{experiment.Id}",
                    $"At placement '{placement.Id}' what a decision brings counts for {Durations.Text(within)} under variant '{first.Id}', for {Durations.Text(WindowOf(other, placement))} under '{other.Id}': their conversions and values do not compare.",
                    "give the policies of all variants the same goal: within");
                return;
            }
        }
    }

    private static TimeSpan WindowOf(Variant variant, Placement placement) => (variant.Policy ?? placement.Policy).Goal.Within;

    private static bool CanMeet(Experiment left, Experiment right) =>
        (left.LayerNumber == 0 || left.LayerNumber != right.LayerNumber) && left.StartMicros < right.EndMicros && right.StartMicros < left.EndMicros;
}
