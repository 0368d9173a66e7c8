using PmOrleans.Decisioning.Catalog;
using PmOrleans.Node.Log;
using PmOrleans.Node.Refolding;

namespace PmOrleans.Node.Retention;

/// <summary>Whether everybody is folded with what is live: a base is.</summary>
internal static class CutReadiness
{
    private const string NotFolded = "customers are still to be folded with the live catalog: serve the store until GET /v1/catalog says no Catalog-State, and stop it";

    /// <summary>Why this store cannot be cut now; <c>null</c> when it can.</summary>
    /// <param name="isShared">Whether nodes of a cluster write it, which share a sweep.</param>
    public static string? Refusal(ILogReader reader, CatalogSnapshot? live, bool isShared = false)
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
        return IsFolded(reader, live, isShared) ? null : NotFolded;
    }

    private static bool IsFolded(ILogReader reader, CatalogSnapshot live, bool isShared)
    {
        var target = RefoldTarget.Of(live);
        return isShared
            ? SweepMark.Read(reader.GetValue(SharedRefoldMarks.Key)) is { IsDone: true } shared && shared.Version == live.Version && shared.Target == target
            : RefoldMark.Read(reader.GetValue(RefoldMarks.Key)) is { IsDone: true } done && done.Version == live.Version && done.Target == target;
    }
}
