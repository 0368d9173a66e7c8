using SQLitePCL;

namespace PmOrleans.Node.Log.Sqlite;

/// <summary>An error code of SQLite; never leaves the folder, callers get a <see cref="NodeLogException"/>.</summary>
internal sealed class SqliteStoreException(int code, string message) : Exception($"SQLite error {code}: {message}")
{
    /// <summary>Extended result code.</summary>
    public int Code { get; } = code;

    public int PrimaryCode => Code & 0xFF;

    public NodeLogException Explain(string what) => new(
        PrimaryCode switch
        {
            raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB => NodeLogError.Corrupt,
            raw.SQLITE_CANTOPEN or raw.SQLITE_PERM or raw.SQLITE_READONLY or raw.SQLITE_AUTH => NodeLogError.FolderUnusable,
            _ => NodeLogError.Unavailable,
        },
        $"{what}: {Message}",
        this);
}
