using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Node.Catalog;

namespace PmOrleans.Simulator.Targets;

/// <summary>The catalog an engine has live, compiled for the simulator's own eyes.</summary>
internal static class CompiledCatalog
{
    /// <exception cref="InputException">The bundle cannot be read or has errors.</exception>
    public static CatalogSnapshot Of(ReadOnlyMemory<byte> bundle, DateTimeOffset now)
    {
        var bag = new DiagnosticBag();
        return CatalogBundle.Read(bundle, bag) is { } read ? Of(read, now) : throw Wrong(bag.ToList());
    }

    public static CatalogSnapshot Of(CatalogBundle bundle, DateTimeOffset now)
    {
        var compilation = CatalogCompiler.Compile(bundle, IdRegistry.Empty, 1, now);
        return compilation.Snapshot ?? throw Wrong(compilation.Diagnostics);
    }

    private static InputException Wrong(IEnumerable<CatalogDiagnostic> diagnostics) => new(
        "the catalog has errors:" + string.Concat(diagnostics
            .Where(found => found.Severity == CatalogSeverity.Error)
            .Take(20)
            .Select(found => $"{Environment.NewLine}{found}")));
}
