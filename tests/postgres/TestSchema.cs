using Npgsql;
using PmOrleans.Node.Log;

namespace PmOrleans.Node.Tests.Log;

/// <summary>A store in a schema of its own of the shared server, gone after the test.</summary>
public sealed class TestSchema : ITestStore
{
    private static int _count;

    private readonly string _connectionString;

    public TestSchema()
        : this(PostgresServer.Shared.ConnectionString)
    {
    }

    internal TestSchema(string connectionString) => _connectionString = connectionString;

    public string Name { get; init; } = $"test_{Interlocked.Increment(ref _count)}";

    internal ScriptedFaults Faults { get; } = new();

    ScriptedFaults ITestStore.Faults => Faults;

    public PostgresLogOptions Options => new()
    {
        ConnectionString = _connectionString,
        Node = "a",
        Schema = Name,

        // Longer than a busy machine may keep a server from answering: no test waits for these to end.
        BusyTimeout = TimeSpan.FromSeconds(30),
        ServerTimeout = TimeSpan.FromSeconds(30),
        MinBackOff = TimeSpan.FromMilliseconds(1),
        MaxBackOff = TimeSpan.FromMilliseconds(20),
        Faults = Faults,
    };

    public async Task<INodeLog> OpenAsync(Func<NodeLogOptions, NodeLogOptions>? change = null) =>
        await PostgresNodeLog.OpenAsync((PostgresLogOptions)(change?.Invoke(Options) ?? Options));

    public Task<PostgresNodeLog> OpenAsync(string node) => PostgresNodeLog.OpenAsync(Options with { Node = node });

    /// <summary>A log under which the server never resolves a deadlock: who would have to wait for that fails.</summary>
    public Task<PostgresNodeLog> OpenUnrescuedAsync(string node) =>
        PostgresNodeLog.OpenAsync(Options with { Node = node, ConnectionString = _connectionString + ";Options=-c deadlock_timeout=1h" });

    public long Seal(long epoch) => SealAsync(epoch).GetAwaiter().GetResult();

    public void RefuseErasures(bool refuse) => Execute(refuse
        ? """
          CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not now' USING ERRCODE = 'insufficient_privilege'; END $$;
          CREATE TRIGGER refuse BEFORE INSERT ON tombstone FOR EACH ROW EXECUTE FUNCTION refuse();
          """
        : "DROP TRIGGER refuse ON tombstone");

    public Task<PostgresStore> OpenStoreAsync() => PostgresStore.OpenAsync(_connectionString, Name);

    /// <summary>A look at the tables themselves.</summary>
    public T Query<T>(string sql)
    {
        using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(_connectionString) { SearchPath = Name, Pooling = false });
        using var command = source.CreateCommand(sql);
        return (T)command.ExecuteScalar()!;
    }

    /// <summary>Changes the tables behind everybody's back.</summary>
    public void Execute(string sql)
    {
        using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(_connectionString) { SearchPath = Name, Pooling = false });
        using var command = source.CreateCommand(sql);
        command.ExecuteNonQuery();
    }

    /// <summary>The server ends the connections under which logs of this store are written; they are gone when it returns.</summary>
    public void EndWriters() => Execute(
        $"SELECT pg_terminate_backend(pid, 60000) FROM pg_locks WHERE locktype='advisory' AND (classid, objid)=(1349341000, hashtext('{Name}')::oid)");

    public void Dispose()
    {
        try
        {
            Execute($"DROP SCHEMA IF EXISTS {Name} CASCADE");
        }
        catch (NpgsqlException)
        {
            // A server that is gone takes its schemas along.
        }
    }

    private async Task<long> SealAsync(long epoch)
    {
        await using var store = await OpenStoreAsync();
        return await store.SealAsync("a", epoch);
    }
}
