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
        : base($"the catalog in {folder} has {problems.Count(problem => problem.IsError)} errors:{Environment.NewLine}"
            + string.Join(
                Environment.NewLine,
                problems.Where(problem => problem.IsError).Select(problem =>
                    $"{problem.File}:{problem.Line}:{problem.Column}: {problem.Path}: {problem.Message}{(problem.Hint is null ? "" : $" ({problem.Hint})")}"))) =>
        Problems = problems;

    public IReadOnlyList<CatalogProblem> Problems { get; } = [];
}
