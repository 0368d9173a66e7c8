using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Node.Catalog;

namespace PmOrleans.Node.Tests.Catalog;

/// <summary>Catalogs from texts, and the folder of the sample.</summary>
internal static class CatalogText
{
    public static readonly DateTimeOffset Now = new(2026, 11, 21, 10, 0, 0, TimeSpan.Zero);

    public static string Repository { get; } = Find();

    public static string Sample => Path.Combine(Repository, "samples", "shop");

    public static CatalogCompilation Compile(string yaml, IdRegistry? registry = null, int version = 1) =>
        Compile([new CatalogFile("a.yaml", yaml)], registry, version);

    /// <summary>As the version after a live one.</summary>
    public static CatalogCompilation Compile(string yaml, CatalogSnapshot live) =>
        CatalogCompiler.Compile(CatalogBundle.Of([new CatalogFile("a.yaml", yaml)], new DiagnosticBag())!, live.Registry, live.Version + 1, Now, live);

    public static CatalogCompilation Compile(IEnumerable<CatalogFile> files, IdRegistry? registry = null, int version = 1)
    {
        var bag = new DiagnosticBag();
        var bundle = CatalogBundle.Of(files, bag);
        return bundle is null ? new CatalogCompilation(null, bag.ToList()) : CatalogCompiler.Compile(bundle, registry ?? IdRegistry.Empty, version, Now);
    }

    public static CatalogSnapshot Snapshot(string yaml, IdRegistry? registry = null, int version = 1)
    {
        var compilation = Compile(yaml, registry, version);
        return compilation.Snapshot ?? throw new InvalidOperationException(string.Join('\n', compilation.Diagnostics));
    }

    public static CatalogBundle SampleBundle()
    {
        var bag = new DiagnosticBag();
        return CatalogFolder.Read(Sample, bag) ?? throw new InvalidOperationException(string.Join('\n', bag.ToList()));
    }

    private static string Find()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "PmOrleans.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The tests do not run inside the repository.");
        return folder;
    }
}
