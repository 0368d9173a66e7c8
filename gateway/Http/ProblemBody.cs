using System.ComponentModel;
using PmOrleans.Gateway.Catalog;
using PmOrleans.Gateway.Touchpoints;

namespace PmOrleans.Gateway.Http;

/// <summary>A problem document (RFC 9457), as it is described in the OpenAPI document; written by <see cref="ProblemAnswer"/>.</summary>
internal sealed record ProblemBody
{
    [Description("/problems/{code}; says there what it means and what to do.")]
    public required string Type { get; init; }

    public required string Title { get; init; }

    public required int Status { get; init; }

    public required string Detail { get; init; }

    [Description("Field path, such as placements[0].count, to messages that name value and limit.")]
    public IReadOnlyDictionary<string, string[]>? Errors { get; init; }

    [Description("With touchpoints: always 0, as nothing was applied.")]
    public int? Accepted { get; init; }

    public int? Duplicates { get; init; }

    public int? Unprotected { get; init; }

    [Description("With touchpoints: each refused one by its index.")]
    public IReadOnlyList<RejectedBody>? Rejected { get; init; }

    [Description("With a catalog: every error and warning.")]
    public IReadOnlyList<CatalogProblemBody>? Problems { get; init; }

    [Description("With 412 and 428: the live catalog version.")]
    public int? Version { get; init; }

    [Description("With 412 of a publish: what was published since the version in If-Match, newest first.")]
    public IReadOnlyList<VersionBody>? Versions { get; init; }

    [Description("With 412 of a publish: what differs from the version in If-Match to the live one.")]
    public IReadOnlyList<CatalogChangeBody>? Changes { get; init; }

    [Description("With 412 of a draft: the draft as it is now.")]
    public DraftBody? Draft { get; init; }

    [Description("With 500: finds the entry in the log.")]
    public string? TraceId { get; init; }
}
