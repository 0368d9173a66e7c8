using PmOrleans.Node.Log;

namespace PmOrleans.Node.Tests.Log;

/// <summary>A data folder that is gone after the test.</summary>
internal sealed class TestFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("pmorleans-log-").FullName;

    public string Database => System.IO.Path.Combine(Path, "node.db");

    public string Wal => Database + "-wal";

    public SqliteLogOptions Options => new() { Folder = Path, BusyTimeout = TimeSpan.FromMilliseconds(50), MinBackOff = TimeSpan.FromMilliseconds(1) };

    public Task<SqliteNodeLog> OpenAsync() => SqliteNodeLog.OpenAsync(Options);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
