using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Catalog;

/// <summary>What a publish did.</summary>
internal sealed record PublishBody(
    bool Published, int Version, string? Hash, IReadOnlyList<CatalogProblemBody> Warnings, IReadOnlyList<CatalogChangeBody> Changes)
{
    public static PublishBody From(PublishAnswer answer) => new(
        answer.Published, answer.Version, answer.Hash, CatalogProblemBody.Of(answer, errors: false), CatalogChangeBody.Of(answer));
}

/// <summary>What publishing a bundle would do.</summary>
internal sealed record ValidationBody(
    bool Valid, int Version, IReadOnlyList<CatalogProblemBody> Errors, IReadOnlyList<CatalogProblemBody> Warnings, IReadOnlyList<CatalogChangeBody> Changes)
{
    public static ValidationBody From(PublishAnswer answer)
    {
        var errors = CatalogProblemBody.Of(answer, errors: true);
        return new ValidationBody(errors.Count == 0, answer.Version, errors, CatalogProblemBody.Of(answer, errors: false), CatalogChangeBody.Of(answer));
    }
}

/// <summary>One error or warning, with its place; line and column from 1, left out when there is no source text.</summary>
internal sealed record CatalogProblemBody(string Severity, string Code, string? File, int? Line, int? Column, string Path, string Message, string? Hint)
{
    public static CatalogProblemBody From(CatalogProblem problem) => new(
        problem.IsError ? "error" : "warning", problem.Code, problem.File, problem.Line == 0 ? null : problem.Line,
        problem.Line == 0 ? null : problem.Column, problem.Path, problem.Message, problem.Hint);

    public static IReadOnlyList<CatalogProblemBody> Of(PublishAnswer answer, bool errors) =>
        [.. answer.Problems.Where(problem => problem.IsError == errors).Select(From)];
}

/// <summary>One difference to the live version: added, removed or changed.</summary>
internal sealed record CatalogChangeBody(string Kind, string Id, string Change, IReadOnlyList<string> Fields)
{
    public static CatalogChangeBody From(CatalogChange change) => new(change.Kind, change.Id, change.Change, change.Fields);

    public static IReadOnlyList<CatalogChangeBody> Of(PublishAnswer answer) => [.. answer.Changes.Select(From)];
}
