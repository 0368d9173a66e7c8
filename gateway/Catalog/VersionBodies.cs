using System.ComponentModel;
using PmOrleans.Gateway.Json;
using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Catalog;

/// <summary>One version in the history.</summary>
internal sealed record VersionBody(
    int Version,
    string Hash,
    DateTime PublishedAt,
    string? Author,
    string? Comment,
    [property: Description("The version whose files these are, when this was a roll back.")] int? RolledBackTo,
    int Added,
    int Changed,
    int Removed,
    [property: Description("The first differences to the version before, in words.")] IReadOnlyList<string> Summary)
{
    public static VersionBody From(VersionView view) => new(
        view.Version, view.Hash, IsoTime.ToDateTime(view.PublishedAtMicros), view.Note.Author, view.Note.Comment, view.Note.RolledBackTo,
        view.Added, view.Changed, view.Removed, view.Summary);
}

/// <summary>The history, newest first.</summary>
internal sealed record VersionListBody(
    IReadOnlyList<VersionBody> Versions, [property: Description("Give this as before to read on; absent at the end.")] int? Next)
{
    public static VersionListBody From(VersionPage page) => new([.. page.Versions.Select(VersionBody.From)], page.Next);
}

/// <summary>What differs between two versions.</summary>
internal sealed record ComparisonBody(int From, int To, IReadOnlyList<CatalogChangeBody> Changes)
{
    public static ComparisonBody Of(ComparisonView view) => new(view.From, view.To, [.. view.Changes.Select(CatalogChangeBody.From)]);
}

/// <summary>A request to make an earlier version live again.</summary>
internal sealed record RollBackBody([property: Description("The version whose files are published again.")] int Version);

/// <summary>A draft without its files.</summary>
internal sealed record DraftBody(
    string Name,
    [property: Description("The live version when it was begun; publishing it expects this one live unless If-Match says otherwise.")] int BasedOn,
    string Hash,
    DateTime SavedAt,
    string? Author,
    string? Comment)
{
    public static DraftBody From(DraftView view) => new(
        view.Name, view.BasedOn, view.Hash, IsoTime.ToDateTime(view.SavedAtMicros), view.Note.Author, view.Note.Comment);
}

internal sealed record DraftListBody(IReadOnlyList<DraftBody> Drafts)
{
    public static DraftListBody From(IReadOnlyList<DraftView> views) => new([.. views.Select(DraftBody.From)]);
}

/// <summary>A stored draft with what publishing it would do.</summary>
internal sealed record SavedDraftBody(DraftBody Draft, ValidationBody Validation);
