using System.Collections.Frozen;
using PmOrleans.Decisioning.Catalog;

namespace PmOrleans.Decisioning.Profiles;

/// <summary>
/// What lies between the definitions some states were folded with and those that are live, when it is metrics only. A customer who never had a touchpoint of a
/// type that a new or changed metric is over needs no history to be brought from one to the other.
/// </summary>
public sealed class DefinitionsChange
{
    private readonly FrozenSet<string> _types;
    private readonly FrozenSet<int> _gone;

    private DefinitionsChange(FrozenSet<string> types, FrozenSet<int> gone) => (_types, _gone) = (types, gone);

    /// <summary><c>null</c> when everybody has to be folded anew: counters differ.</summary>
    public static DefinitionsChange? Between(CatalogSnapshot folded, CatalogSnapshot live)
    {
        if (folded.CountersHash is not { } counters || counters != live.CountersHash)
        {
            return null;
        }

        var before = folded.Metrics.ToDictionary(metric => metric.Number, metric => metric.Signature);
        var kept = live.Metrics.Where(metric => before.TryGetValue(metric.Number, out var signature) && signature == metric.Signature).Select(metric => metric.Number).ToHashSet();
        return new DefinitionsChange(
            live.Metrics.Where(metric => !kept.Contains(metric.Number)).Select(metric => metric.TouchpointType).ToFrozenSet(StringComparer.Ordinal),
            folded.Metrics.Select(metric => metric.Number).Where(number => !kept.Contains(number)).ToFrozenSet());
    }

    internal bool IsOver(string touchpointType) => _types.Contains(touchpointType);

    internal bool IsGone(int metric) => _gone.Contains(metric);
}
