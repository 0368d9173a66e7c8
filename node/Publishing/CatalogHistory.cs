using PmOrleans.Decisioning.Catalog;
using PmOrleans.Node.Log;
using PmOrleans.Node.Port;

namespace PmOrleans.Node.Publishing;

/// <summary>The versions that were ever published: listed, read again, compared. The same in every host.</summary>
public sealed class CatalogHistory(INodeLog log, CatalogStore catalogs)
{
    /// <summary>Most versions in one page.</summary>
    public const int MostListed = 100;

    /// <param name="before">Only versions below this one; 0: from the newest.</param>
    /// <param name="limit">1 to <see cref="MostListed"/>.</param>
    public VersionPage List(int before, int limit)
    {
        limit = Math.Clamp(limit, 1, MostListed);
        var newest = log.Reader.LatestCatalogVersion();
        var from = before > 0 ? Math.Min(before - 1, newest) : newest;
        var views = new List<VersionView>();
        for (var version = from; version > 0 && views.Count < limit; version--)
        {
            if (View(version) is { } view)
            {
                views.Add(view);
            }
        }

        return new VersionPage(views, views.Count > 0 && views[^1].Version > 1 ? views[^1].Version : null);
    }

    public Reply<CatalogView> Read(int version) => log.Reader.LoadCatalog(version) is { } row
        ? new CatalogView(row.Version, row.Hash, row.PublishedAtMicros, row.Bundle)
        : NoVersion(version);

    /// <param name="from">0: nothing, so that everything is added.</param>
    public Reply<ComparisonView> Compare(int from, int to)
    {
        if (catalogs.Version(to) is not { } after)
        {
            return NoVersion(to);
        }

        var before = from == 0 ? null : catalogs.Version(from);
        return before is null && from != 0 ? NoVersion(from) : new ComparisonView(from, to, Between(before, after));
    }

    /// <summary>Differences in the port's form.</summary>
    public static IReadOnlyList<Port.CatalogChange> Between(CatalogSnapshot? before, CatalogSnapshot after) =>
        [.. CatalogDiff.Between(before, after).Select(change => new Port.CatalogChange(
            change.Thing,
            change.Id,
            change.Kind.ToString().ToLowerInvariant(),
            [.. change.Fields.Select(field => $"{field.Field}: {field.Old ?? "none"} -> {field.New ?? "none"}")]))];

    private VersionView? View(int version)
    {
        if (log.Reader.GetValue(VersionNotes.KeyOf(version)) is { } saved)
        {
            return VersionNotes.Read(saved);
        }

        return log.Reader.LoadCatalog(version) is { } row ? VersionNotes.Of(row, PublishNote.None, []) : null;
    }

    private static Refusal NoVersion(int version) => new(RefusalKind.NotFound, $"there is no catalog version {version}, or it cannot be read any more");
}
