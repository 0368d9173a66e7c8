namespace PmOrleans.Simulator.Runs;

/// <summary>Folder of a run's store: the user's, which stays, or a temporary one, which goes.</summary>
internal sealed class RunFolder(string? given) : IDisposable
{
    public string Path { get; } = given ?? Directory.CreateTempSubdirectory("pmorleans-run-").FullName;

    public void Dispose()
    {
        if (given is null && Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}
