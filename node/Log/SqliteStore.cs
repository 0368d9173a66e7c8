using PmOrleans.Node.Log.Sqlite;

namespace PmOrleans.Node.Log;

/// <summary>What an operator, or a node that takes over, does to a store from outside: any process, also while another one writes it.</summary>
public static class SqliteStore
{
    /// <summary>
    /// Seals an epoch: from the moment this returns, whoever writes under it can write nothing more, frozen or not. Sealing again changes
    /// nothing.
    /// </summary>
    /// <param name="folder">The data folder; its lock is not taken.</param>
    /// <param name="epoch">An epoch that was begun.</param>
    /// <returns>The last sequence written under this epoch, final; 0 when it wrote nothing.</returns>
    /// <exception cref="NodeLogException">No store here, or it cannot be written (a transaction of the owner did not end within 10 s).</exception>
    /// <exception cref="ArgumentOutOfRangeException">This epoch was never begun.</exception>
    public static long Seal(string folder, long epoch)
    {
        var path = Path.Combine(folder, LogSchema.FileName);
        if (!File.Exists(path)) throw new NodeLogException(NodeLogError.NotAStore, $"There is no store at '{path}'.");
        try
        {
            using var database = SqliteDatabase.OpenExisting(path, TimeSpan.FromSeconds(10));
            LogSchema.Check(database, path);
            database.Execute("PRAGMA synchronous=FULL");
            database.Execute("BEGIN IMMEDIATE");
            if (database.ReadInt64($"SELECT sealed FROM epoch WHERE epoch={epoch}") is null)
                throw new ArgumentOutOfRangeException(nameof(epoch), epoch, "This epoch was never begun.");
            database.Execute($"UPDATE epoch SET sealed=1 WHERE epoch={epoch}");
            var end = ReadEnd(database, epoch);
            database.Execute("COMMIT");
            return end;
        }
        catch (SqliteStoreException exception)
        {
            throw exception.Explain($"The store '{path}' cannot be sealed");
        }
    }

    /// <summary>
    /// Copies the store as of one committed state into a new file, while it may be written by another process. The file is on disk when this completes,
    /// and does not exist when it fails.
    /// </summary>
    /// <exception cref="NodeLogException">No store here, target exists, target cannot be written, store unreadable.</exception>
    public static Task BackupAsync(string folder, string target, CancellationToken cancellation = default) =>
        OnThread(() => LogCopy.Backup(Path.Combine(folder, LogSchema.FileName), target, cancellation));

    /// <summary>Puts a backup into a folder that is missing or empty. The store begins a new epoch when it is opened, as always.</summary>
    /// <exception cref="NodeLogException">No backup there, folder not empty or not usable, backup damaged or of a later format.</exception>
    public static Task RestoreAsync(string backup, string folder, CancellationToken cancellation = default) =>
        OnThread(() => LogCopy.Restore(backup, folder, cancellation));

    /// <summary>Backwards over later epochs only: epochs ascend with the sequence.</summary>
    private static long ReadEnd(SqliteDatabase database, long epoch)
    {
        using var rows = database.Prepare("SELECT sequence, epoch FROM log ORDER BY sequence DESC");
        while (rows.Step())
        {
            if (rows.Int64(1) <= epoch) return rows.Int64(1) == epoch ? rows.Int64(0) : 0;
        }

        return 0;
    }

    // A copy blocks on the disk for as long as it takes; a thread of its own keeps that out of the pool.
    private static Task OnThread(Action copy) =>
        Task.Factory.StartNew(copy, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
