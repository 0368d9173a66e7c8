namespace PmOrleans.Node.Port;

/// <summary>Who publishes, and why: kept with the version for people to read.</summary>
/// <param name="Author">At most 128 characters; of a draft that another key published, with the name of that key behind them.</param>
/// <param name="Comment">At most 1,000 characters.</param>
/// <param name="RolledBackTo">The version whose files these are, when this is a roll back.</param>
public sealed record PublishNote(string? Author, string? Comment, int? RolledBackTo = null)
{
    public static PublishNote None { get; } = new(null, null);

    /// <summary>The author and the reason in words, as far as they were said.</summary>
    public string Who => (Author ?? "somebody who gave no author") + (Comment is null ? "" : $" ({Comment})");

    /// <summary>The draft that this publishes: gone with the publish, in one transaction, unless somebody has changed it meanwhile.</summary>
    public PublishedDraft? Draft { get; init; }
}

/// <summary>A state of a draft.</summary>
/// <param name="Hash">Of its bundle; see <see cref="DraftView"/>.</param>
public sealed record PublishedDraft(string Name, string Hash);

/// <summary>One version of the catalog in the history.</summary>
/// <param name="Added">How many things it added to the version before; likewise changed and removed.</param>
/// <param name="Summary">The first of these differences in words.</param>
public sealed record VersionView(
    int Version, string Hash, long PublishedAtMicros, PublishNote Note, int Added, int Changed, int Removed, IReadOnlyList<string> Summary);

/// <summary>A stretch of the history, newest first.</summary>
/// <param name="Next">Give this as <c>before</c> to read on; <c>null</c> at the end.</param>
public sealed record VersionPage(IReadOnlyList<VersionView> Versions, int? Next);

/// <summary>What differs between two published versions.</summary>
public sealed record ComparisonView(int From, int To, IReadOnlyList<CatalogChange> Changes);

/// <summary>A stored catalog that is not published. It may have errors.</summary>
/// <param name="BasedOn">The live version when it was begun: what publishing it must find live.</param>
/// <param name="Hash">Of the bundle; names this state of the draft.</param>
/// <param name="Bundle">Canonical JSON.</param>
public sealed record DraftView(string Name, int BasedOn, string Hash, long SavedAtMicros, PublishNote Note, ReadOnlyMemory<byte> Bundle);

/// <summary>An offer's stock as an operator and the catalog say it.</summary>
/// <param name="InStock">Whether it can be shown: in stock by the catalog, and not switched off.</param>
/// <param name="SwitchedOff">By an operator; survives a publish.</param>
public sealed record OfferStockView(string OfferId, string CampaignId, bool InStock, bool SwitchedOff);
