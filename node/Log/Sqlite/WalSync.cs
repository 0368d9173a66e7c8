using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using SQLitePCL;

namespace PmOrleans.Node.Log.Sqlite;

/// <summary>
/// Brings the write-ahead log to the disk after a COMMIT that did not. SQLite would do so with fsync, which also writes the file's times, a second write to another
/// place on the disk for every group of records; fdatasync leaves them out.
/// </summary>
/// <param name="database">Path of the database file. Its connection must be open as long as this is used, so that the log stays the same file.</param>
internal sealed partial class WalSync(string database) : IDisposable
{
    private const int Interrupted = 4;

    /// <summary>The code of a failed fsync.</summary>
    private const int FsyncFailed = raw.SQLITE_IOERR | (4 << 8);

    private SafeFileHandle? _file;

    /// <exception cref="SqliteStoreException">What was written last may or may not be on the disk.</exception>
    public void Run()
    {
        try
        {
            _file ??= File.OpenHandle(database + "-wal", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            if (OperatingSystem.IsLinux())
            {
                SyncData(_file);
            }
            else
            {
                RandomAccess.FlushToDisk(_file);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new SqliteStoreException(FsyncFailed, $"the write-ahead log could not be brought to the disk: {failure.Message}");
        }
    }

    public void Dispose() => _file?.Dispose();

    private static void SyncData(SafeFileHandle file)
    {
        while (FdataSync(file) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            if (error != Interrupted) throw new IOException($"fdatasync failed (error {error})");
        }
    }

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int FdataSync(SafeFileHandle file);
}
