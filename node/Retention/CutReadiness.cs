using PmOrleans.Decisioning.Catalog;
using PmOrleans.Node.Log;
using PmOrleans.Node.Refolding;

namespace PmOrleans.Node.Retention;

/// <summary>Whether everybody is folded with what is live: a base is.</summary>
internal static class CutReadiness
{
    /// <summary>Why this store cannot be cut now; <c>null</c> when it can.</summary>
    public static string? Refusal(ILogReader reader, CatalogSnapshot? live)
    {
        if (live is null)
        {
            return "no catalog was published, so there is nothing that customers are folded with";
        }

        if (live.Version != reader.LatestCatalogVersion())
        {
            return "the newest version of the catalog cannot be read by this release";
        }

        // States folded with what was live before hold more than a base folded with what is live now can give.
        var mark = RefoldMark.Read(reader.GetValue(RefoldMarks.Key));
        return mark is { IsDone: true } done && done.Version == live.Version && done.Target == new RefoldTarget(live.DefinitionsHash, live.SegmentPlan.Hash)
            ? null
            : "customers are still to be folded with the live catalog: serve the store until GET /v1/catalog says no Catalog-State, and stop it";
    }
}
