using System.Diagnostics.CodeAnalysis;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Catalog.Diagnostics;

namespace PmOrleans.Node.Catalog;

/// <summary>What became of a bundle.</summary>
/// <param name="Snapshot">With the registry as it has grown; <c>null</c> when there are errors.</param>
/// <param name="Diagnostics">Errors first; at most 200 errors and 200 warnings, then how many more there are.</param>
public sealed record CatalogCompilation(CatalogSnapshot? Snapshot, IReadOnlyList<CatalogDiagnostic> Diagnostics)
{
    [MemberNotNullWhen(true, nameof(Snapshot))]
    public bool Succeeded => Snapshot is not null;

    public IEnumerable<CatalogDiagnostic> Errors => Diagnostics.Where(diagnostic => diagnostic.Severity == CatalogSeverity.Error);

    public IEnumerable<CatalogDiagnostic> Warnings => Diagnostics.Where(diagnostic => diagnostic.Severity == CatalogSeverity.Warning);
}
