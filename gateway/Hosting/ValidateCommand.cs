using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Node.Catalog;

namespace PmOrleans.Gateway.Hosting;

/// <summary>Checks a catalog folder without a running node: what a marketer does after each change.</summary>
internal static class ValidateCommand
{
    /// <returns>0 when it could be published into an empty store, 1 when it has errors.</returns>
    public static int Run(string folder, TextWriter output)
    {
        var bag = new DiagnosticBag();
        var compilation = CatalogFolder.Read(folder, bag) is { } bundle
            ? CatalogCompiler.Compile(bundle, IdRegistry.Empty, 1, TimeProvider.System.GetUtcNow())
            : new CatalogCompilation(null, bag.ToList());
        foreach (var diagnostic in compilation.Diagnostics)
        {
            output.WriteLine(diagnostic);
        }

        output.WriteLine(compilation.Succeeded
            ? $"{Counted(compilation.Snapshot.Campaigns.Length, "campaign")}, {Counted(compilation.Snapshot.Offers.Length, "offer")}, {Counted(compilation.Warnings.Count(), "warning")}"
            : $"{Counted(compilation.Errors.Count(), "error")}; nothing would be published");
        return compilation.Succeeded ? 0 : 1;
    }

    private static string Counted(int count, string thing) => count == 1 ? $"1 {thing}" : $"{count} {thing}s";
}
