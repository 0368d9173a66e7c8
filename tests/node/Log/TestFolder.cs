using System.Text;
using PmOrleans.Node.Log;
using PmOrleans.Node.Log.Sqlite;

namespace PmOrleans.Node.Tests.Log;

/// <summary>A data folder that is gone after the test.</summary>
public sealed class TestFolder : ITestStore
{
    public string Path { get; } = Directory.CreateTempSubdirectory("pmorleans-log-").FullName;

    public string Database => System.IO.Path.Combine(Path, "node.db");

    public string Wal => Database + "-wal";

    internal ScriptedFaults Faults { get; } = new();

    ScriptedFaults ITestStore.Faults => Faults;

    public SqliteLogOptions Options => new()
    {
        Folder = Path,

        // Longer than a busy machine may keep another process inside its transaction.
        BusyTimeout = TimeSpan.FromSeconds(30),
        MinBackOff = TimeSpan.FromMilliseconds(1),
        MaxBackOff = TimeSpan.FromMilliseconds(20),
        Faults = Faults,
    };

    public Task<SqliteNodeLog> OpenAsync() => SqliteNodeLog.OpenAsync(Options);

    async Task<INodeLog> ITestStore.OpenAsync(Func<NodeLogOptions, NodeLogOptions>? change) =>
        await SqliteNodeLog.OpenAsync((SqliteLogOptions)(change?.Invoke(Options) ?? Options));

    public long Seal(long epoch) => SqliteStore.Seal(Path, epoch);

    public void RefuseErasures(bool refuse)
    {
        using var database = SqliteDatabase.OpenWriter(Database, Options.BusyTimeout);
        database.Execute(refuse ? "CREATE TRIGGER refuse BEFORE INSERT ON tombstone BEGIN SELECT RAISE(ABORT, 'not now'); END" : "DROP TRIGGER refuse");
    }

    /// <summary>Names of the database's files that hold these bytes anywhere.</summary>
    public IReadOnlyList<string> FilesWith(string marker) => FilesWith(Encoding.UTF8.GetBytes(marker));

    public IReadOnlyList<string> FilesWith(byte[] marker) =>
        [.. Directory.GetFiles(Path, "node.db*").Where(file => ReadShared(file).AsSpan().IndexOf(marker) >= 0)];

    public static byte[] ReadShared(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
