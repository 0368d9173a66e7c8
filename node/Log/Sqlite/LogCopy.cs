using PmOrleans.Node.Catalog;
using SQLitePCL;

namespace PmOrleans.Node.Log.Sqlite;

/// <summary>Consistent copies of a store, made while it is being written, and the way back.</summary>
internal static class LogCopy
{
    // 4 MiB at a time with the usual page size: often enough to notice a cancellation.
    private const int PagesPerStep = 1024;
    private const string PartialName = LogSchema.FileName + ".partial";

    /// <summary>Copies one committed state into a new file that appears whole and on disk, or not at all; a damaged store is not copied.</summary>
    public static void Backup(string source, string target, CancellationToken cancellation)
    {
        if (!File.Exists(source)) throw new NodeLogException(NodeLogError.NotAStore, $"There is no store at '{source}'.");
        var partial = target + ".partial";
        WithFiles(target, () =>
        {
            // Held to the end, so that another backup to the same file begins nothing; one that has just ended has left the target.
            using var held = new FileStream(partial + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
            if (Path.Exists(target)) throw new NodeLogException(NodeLogError.TargetExists, $"The backup target '{target}' exists.");
            DeletePartial(partial);
            try
            {
                CopyPages(source, partial, cancellation);
                cancellation.ThrowIfCancellationRequested();
                CheckWhole(partial, "store", source);
                Publish(partial, target);
            }
            catch (SqliteStoreException damaged) when (damaged.PrimaryCode is raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB)
            {
                throw damaged.Explain($"The store '{source}' cannot be read");
            }
            finally
            {
                DeletePartial(partial);
            }
        });
    }

    /// <summary>Puts a backup into an empty folder, after it was found whole and readable by this release.</summary>
    public static void Restore(string backup, string folder, CancellationToken cancellation)
    {
        if (!File.Exists(backup)) throw new NodeLogException(NodeLogError.NotAStore, $"There is no backup at '{backup}'.");
        CheckHead(backup);
        using var taken = TakeEmpty(folder);
        var target = Path.Combine(folder, LogSchema.FileName);
        var partial = Path.Combine(folder, PartialName);
        WithFiles(folder, () =>
        {
            DeletePartial(partial);
            try
            {
                File.Copy(backup, partial);
                cancellation.ThrowIfCancellationRequested();
                CheckWhole(partial, "backup", backup);
                Publish(partial, target);
            }
            finally
            {
                DeletePartial(partial);
            }
        });
    }

    private static void DeletePartial(string partial)
    {
        File.Delete(partial);
        File.Delete(partial + "-wal");
        File.Delete(partial + "-shm");
    }

    /// <summary>Before anything is copied: a large file of another kind, or a device without an end, would fill the disk first.</summary>
    private static void CheckHead(string backup)
    {
        try
        {
            using var file = FileText.Open(backup, bufferSize: 0);
            var head = new byte[16];
            if (file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) < head.Length || !head.AsSpan().SequenceEqual("SQLite format 3\0"u8))
                throw new NodeLogException(NodeLogError.Corrupt, $"The backup '{backup}' cannot be read: it is no database.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new NodeLogException(NodeLogError.Corrupt, $"The backup '{backup}' cannot be read: {exception.Message}", exception);
        }
    }

    private static LogFolder TakeEmpty(string folder)
    {
        // A restore that failed leaves the lock, and so may an earlier process; it holds nothing. One that was killed leaves a part of its copy.
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Select(entry => Path.GetFileName(entry)!).Any(name => !IsLeft(name)))
            throw new NodeLogException(NodeLogError.FolderNotEmpty, $"The folder '{folder}' is not empty.");
        return LogFolder.Take(folder);

        static bool IsLeft(string name) =>
            name is LogFolder.LockName or PartialName or PartialName + "-wal" or PartialName + "-shm" || name.StartsWith(LogFolder.MarkPrefix, StringComparison.Ordinal);
    }

    private static void CopyPages(string source, string target, CancellationToken cancellation)
    {
        using var from = OpenSource(source);
        using var to = SqliteDatabase.OpenWriter(target, TimeSpan.Zero);
        to.Execute("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF");

        // One read transaction over all the steps: the copy is of one moment, and the writer's commits do not start it again.
        from.Execute("BEGIN");
        from.ReadInt64("SELECT count(*) FROM epoch");
        using var backup = raw.sqlite3_backup_init(to.Handle, "main", from.Handle, "main");
        if (backup.IsInvalid) throw new SqliteStoreException(raw.sqlite3_errcode(to.Handle), raw.sqlite3_errmsg(to.Handle).utf8_to_string());
        int code;
        do
        {
            cancellation.ThrowIfCancellationRequested();
            code = raw.sqlite3_backup_step(backup, PagesPerStep);
        }
        while (code == raw.SQLITE_OK);
        if (code != raw.SQLITE_DONE) throw new SqliteStoreException(code, $"the copy to '{target}' stopped: {raw.sqlite3_errstr(code).utf8_to_string()}");
    }

    private static SqliteDatabase OpenSource(string source)
    {
        SqliteDatabase? from = null;
        try
        {
            from = SqliteDatabase.OpenReader(source, TimeSpan.FromSeconds(5));
            LogSchema.Check(from, source);
            return from;
        }
        catch (SqliteStoreException exception)
        {
            from?.Dispose();
            throw exception.Explain($"The store '{source}' cannot be read");
        }
        catch
        {
            from?.Dispose();
            throw;
        }
    }

    /// <param name="original">What it is a copy of, for the message.</param>
    private static void CheckWhole(string path, string kind, string original)
    {
        try
        {
            using var database = SqliteDatabase.OpenExisting(path, TimeSpan.Zero);

            // A file that is read as it is needs no write-ahead log beside it, and must not be changed by looking at it.
            LogSchema.Check(database, original);
            var verdict = database.ReadText("PRAGMA quick_check(1)");
            if (verdict != "ok") throw new NodeLogException(NodeLogError.Corrupt, $"The {kind} '{original}' is damaged: {verdict}");
        }
        catch (SqliteStoreException exception)
        {
            throw exception.Explain($"The {kind} '{original}' cannot be read");
        }
    }

    /// <summary>To the disk first, then to its name, then the name to the disk.</summary>
    private static void Publish(string partial, string target)
    {
        using (var stream = new FileStream(partial, FileMode.Open, FileAccess.ReadWrite)) stream.Flush(flushToDisk: true);
        File.Move(partial, target, overwrite: false);
        FolderSync.Sync(Path.GetDirectoryName(Path.GetFullPath(target))!);
    }

    private static void WithFiles(string place, Action copy)
    {
        try
        {
            copy();
        }
        catch (SqliteStoreException exception)
        {
            throw exception.Explain($"'{place}' cannot be written");
        }
        catch (IOException exception)
        {
            throw new NodeLogException(NodeLogError.Unavailable, $"'{place}' cannot be written: {exception.Message}", exception);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new NodeLogException(NodeLogError.FolderUnusable, $"'{place}' cannot be written: {exception.Message}", exception);
        }
    }
}
