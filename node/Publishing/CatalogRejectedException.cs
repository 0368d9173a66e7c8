using PmOrleans.Node.Port;

namespace PmOrleans.Node.Publishing;

/// <summary>A catalog that was to seed an empty store has errors.</summary>
public sealed class CatalogRejectedException : Exception
{
    public CatalogRejectedException()
    {
    }

    public CatalogRejectedException(string message)
        : base(message)
    {
    }

    public CatalogRejectedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    public CatalogRejectedException(string folder, IReadOnlyList<CatalogProblem> problems)
        : base($"the catalog in {folder} has errors:" + string.Concat(problems.Where(problem => problem.IsError).Select(problem => $"{Environment.NewLine}{Text(problem)}"))) =>
        Problems = problems;

    public IReadOnlyList<CatalogProblem> Problems { get; } = [];

    private static string Text(CatalogProblem problem) =>
        (string.IsNullOrEmpty(problem.File) ? "" : problem.Line == 0 ? $"{problem.File}: " : $"{problem.File}:{problem.Line}:{problem.Column}: ")
        + (problem.Path.Length == 0 ? "" : $"{problem.Path}: ") + problem.Message + (problem.Hint is null ? "" : $" ({problem.Hint})");
}
