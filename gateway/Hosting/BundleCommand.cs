using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Node.Catalog;

namespace PmOrleans.Gateway.Hosting;

internal static class BundleCommand
{
    public static async Task<int> RunAsync(string folder, CancellationToken cancellation)
    {
        var problems = new DiagnosticBag();
        if (CatalogFolder.Read(folder, problems) is not { } bundle)
        {
            throw new StartException($"--catalog {folder} has no catalog: {string.Join("; ", problems.ToList().Select(problem => $"{problem.File}: {problem.Message}"))}");
        }

        await using var output = Console.OpenStandardOutput();
        await output.WriteAsync(bundle.Bytes, cancellation);
        await output.WriteAsync("\n"u8.ToArray(), cancellation);
        return 0;
    }
}
