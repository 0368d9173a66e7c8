using SQLitePCL;

namespace PmOrleans.Node.Log.Sqlite;

/// <summary>
/// Copies the write-ahead log into the database file on a thread and a connection of its own, while the writer goes on. It never quite catches up with a
/// busy writer, and a log that is not copied to its end is not begun anew; so the writer copies the short rest itself, between two transactions.
/// </summary>
internal sealed class Checkpointer : IDisposable
{
    private readonly SemaphoreSlim _wanted = new(0);
    private readonly string _path;
    private readonly TimeSpan _busyTimeout;
    private readonly Thread _thread;
    private volatile bool _running;
    private volatile bool _done;
    private volatile bool _stopping;

    public Checkpointer(string path, TimeSpan busyTimeout)
    {
        _path = path;
        _busyTimeout = busyTimeout;
        _thread = new Thread(Run) { IsBackground = true, Name = "node log checkpoint" };
        _thread.Start();
    }

    /// <summary>Begins a copy unless one is under way.</summary>
    public void Request()
    {
        if (_running || _done) return;
        _running = true;
        _wanted.Release();
    }

    /// <summary>True once for each copy that has ended: the rest is short now.</summary>
    public bool TakeDone()
    {
        if (!_done) return false;
        _done = false;
        return true;
    }

    public void Dispose()
    {
        _stopping = true;
        _wanted.Release();
        _thread.Join();
        _wanted.Dispose();
    }

    private void Run()
    {
        while (true)
        {
            _wanted.Wait();
            if (_stopping) return;
            try
            {
                // A connection for each copy: one that stays would be a place for a broken one to stay.
                using var database = SqliteDatabase.OpenExisting(_path, _busyTimeout);
                database.Execute("PRAGMA synchronous=FULL");
                database.Checkpoint(raw.SQLITE_CHECKPOINT_PASSIVE);
            }
            catch (SqliteStoreException)
            {
                // The writer's own copy of the rest meets the same store and knows what to do about it.
            }

            _done = true;
            _running = false;
        }
    }
}
