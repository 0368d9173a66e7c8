using System.Collections.Immutable;

namespace PmOrleans.Decisioning.Catalog;

/// <summary>What differs between two versions of a catalog, thing by thing. Order within a file, comments and spelling of rules do not count.</summary>
public static class CatalogDiff
{
    /// <param name="old"><c>null</c>: nothing was published before, everything is added.</param>
    /// <returns>By kind of thing and id, in ordinal order.</returns>
    public static ImmutableArray<CatalogChange> Between(CatalogSnapshot? old, CatalogSnapshot current)
    {
        ArgumentNullException.ThrowIfNull(current);
        var before = old is null ? [] : CatalogDescription.Of(old);
        var after = CatalogDescription.Of(current);
        var changes = ImmutableArray.CreateBuilder<CatalogChange>();
        foreach (var (key, fields) in after)
        {
            if (!before.TryGetValue(key, out var earlier))
                changes.Add(new CatalogChange(CatalogChangeKind.Added, key.Thing, key.Id, []));
            else if (Changed(earlier, fields) is { IsEmpty: false } changed)
                changes.Add(new CatalogChange(CatalogChangeKind.Changed, key.Thing, key.Id, changed));
        }

        foreach (var key in before.Keys.Where(key => !after.ContainsKey(key)))
            changes.Add(new CatalogChange(CatalogChangeKind.Removed, key.Thing, key.Id, []));
        return [.. changes.OrderBy(change => change.Thing, StringComparer.Ordinal).ThenBy(change => change.Id, StringComparer.Ordinal)];
    }

    private static ImmutableArray<CatalogFieldChange> Changed(DescribedField[] old, DescribedField[] current)
    {
        var changed = ImmutableArray.CreateBuilder<CatalogFieldChange>();
        for (var i = 0; i < current.Length; i++)
        {
            if (old[i].Value != current[i].Value)
                changed.Add(new CatalogFieldChange(current[i].Name, old[i].Shown, current[i].Shown));
        }

        return changed.ToImmutable();
    }
}
