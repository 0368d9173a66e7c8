namespace PmOrleans.Node.Log.Sqlite;

/// <summary>Read-only connections, opened when all others are busy, kept up to a number.</summary>
/// <param name="pragmas">Run on every connection that is opened.</param>
internal sealed class ReaderPool(string path, TimeSpan busyTimeout, string pragmas = "PRAGMA cache_size=-8192") : IDisposable
{
    private static readonly int Kept = Math.Max(4, Environment.ProcessorCount * 2);

    private readonly Lock _gate = new();
    private readonly Stack<ReaderConnection> _idle = new();
    private bool _disposed;

    public ReaderConnection Rent()
    {
        lock (_gate)
        {
            if (_disposed) throw new NodeLogException(NodeLogError.Closed, "The node's log is closed.");
            if (_idle.TryPop(out var connection)) return connection;
        }

        var database = SqliteDatabase.OpenReader(path, busyTimeout);
        database.Execute(pragmas);
        return new ReaderConnection(database);
    }

    public void Return(ReaderConnection connection)
    {
        lock (_gate)
        {
            if (!_disposed && _idle.Count < Kept)
            {
                _idle.Push(connection);
                return;
            }
        }

        connection.Dispose();
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            while (_idle.TryPop(out var connection)) connection.Dispose();
        }
    }
}
