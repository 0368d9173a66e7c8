using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Catalog.Compiling;
using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Catalog.Sources;

namespace PmOrleans.Node.Catalog;

/// <summary>From the files of a bundle to a snapshot that decisions can run against, or to all that is wrong with them.</summary>
public static class CatalogCompiler
{
    /// <param name="bundle">The files.</param>
    /// <param name="registry">Numbers given by earlier versions.</param>
    /// <param name="version">Number of the version to be, from 1.</param>
    /// <param name="now">For warnings about flights that are over.</param>
    /// <param name="live">The version whose place it would take, for warnings; <c>null</c>: none, or it does not matter.</param>
    /// <returns>Never throws for what is written in a bundle.</returns>
    public static CatalogCompilation Compile(CatalogBundle bundle, IdRegistry registry, int version, DateTimeOffset now, CatalogSnapshot? live = null)
    {
        ArgumentNullException.ThrowIfNull(bundle);
        var bag = new DiagnosticBag();
        var allowance = CatalogLimits.AliasedNodes;
        List<SourceNode> documents = [];
        foreach (var file in bundle.Files)
            documents.AddRange(YamlSource.Read(new SourceFile(file.Path, file.Text), bag, ref allowance));
        var snapshot = SnapshotCompiler.Compile(documents, bundle.Hash, registry, version, now, bag, live);
        return new CatalogCompilation(snapshot, bag.ToList());
    }
}
