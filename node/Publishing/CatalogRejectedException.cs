using PmOrleans.Decisioning.Catalog.Diagnostics;

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

    public CatalogRejectedException(string folder, IEnumerable<CatalogDiagnostic> errors)
        : base($"the catalog in {folder} has errors:" + string.Concat(errors.Select(error => $"{Environment.NewLine}{error}")))
    {
    }
}
