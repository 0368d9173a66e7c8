using PmOrleans.Node.Embedded;

namespace PmOrleans.Node.Tests.Embedded;

/// <summary>A data folder for one test, with the sample shop as its catalog; gone afterwards.</summary>
public sealed class NodeFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("pmorleans-").FullName;

    public static string SampleCatalog { get; } = FindSample();

    public Task<EmbeddedNode> OpenAsync(TimeProvider? time = null, Func<EmbeddedNodeOptions, EmbeddedNodeOptions>? configure = null)
    {
        var options = new EmbeddedNodeOptions { DataFolder = Path, CatalogFolder = SampleCatalog };
        return EmbeddedNode.OpenAsync(configure?.Invoke(options) ?? options, time);
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private static string FindSample()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var sample = System.IO.Path.Combine(folder.FullName, "samples", "shop");
            if (Directory.Exists(sample))
            {
                return sample;
            }
        }

        throw new DirectoryNotFoundException("samples/shop is not above the test's folder");
    }
}
