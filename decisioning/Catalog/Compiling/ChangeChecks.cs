using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Catalog.Sources;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>Warnings about what another version takes over under the same id and should not.</summary>
internal sealed class ChangeChecks(CompileContext context, CatalogSnapshot catalog, CatalogSnapshot live)
{
    public void Run(IReadOnlyList<(string Id, SourceEntry Entry)> policies)
    {
        foreach (var (id, entry) in policies)
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
    }
}
