namespace PmOrleans.Simulator.Runs;

/// <summary>Finds the samples: beside the program, or in the source tree above it.</summary>
internal static class SampleFolder
{
    /// <exception cref="InputException">There is no such sample.</exception>
    public static string Find(string name)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var sample = Path.Combine(folder.FullName, "samples", name.Replace('/', Path.DirectorySeparatorChar));
            if (Directory.Exists(sample) || File.Exists(sample))
            {
                return sample;
            }
        }

        throw new InputException($"there is no sample '{name}'");
    }
}
