namespace PmOrleans.Gateway.Hosting;

/// <summary>Finds the sample shop: beside the program, or in the checkout it was built from.</summary>
internal static class SampleCatalog
{
    public static string? Find()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            var sample = Path.Combine(folder, "samples", "shop");
            if (Directory.Exists(sample))
            {
                return sample;
            }
        }

        return null;
    }
}
