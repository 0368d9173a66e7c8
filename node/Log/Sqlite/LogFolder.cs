using System.Globalization;

namespace PmOrleans.Node.Log.Sqlite;

/// <summary>The data folder and the lock that says that one process has it.</summary>
/// <remarks>
/// The lock is the operating system's, on an open file (flock on Unix): it ends with the process, however that ends. Where open files can be deleted it says nothing of the
/// folder that is at this path now: for that there is a mark, a file of a name that no other process gives.
/// </remarks>
internal sealed class LogFolder : IDisposable
{
    public const string LockName = "lock";
    public const string MarkPrefix = "running-";

    private readonly string _folder;
    private readonly FileStream _lock;
    private string? _mark;

    // Of the path as it is now: whoever embeds this may change the working folder.
    private LogFolder(string folder, FileStream fileLock) => (_folder, _lock) = (Path.GetFullPath(folder), fileLock);

    /// <summary>What was marked is not at its path any more: somebody has deleted, moved or replaced it. Not while nobody can tell.</summary>
    public bool IsLost
    {
        get
        {
            try
            {
                if (_mark is not null) File.GetAttributes(_mark);
                return false;
            }
            catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
            {
                return true;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                return false;
            }
        }
    }

    public static LogFolder Take(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new NodeLogException(
                NodeLogError.FolderUnusable, $"The data folder '{folder}' cannot be made: {exception.Message}", exception);
        }

        var path = Path.Combine(folder, LockName);
        try
        {
            return new LogFolder(folder, new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1));
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new NodeLogException(
                NodeLogError.FolderUnusable, $"The data folder '{folder}' cannot be written: {exception.Message}", exception);
        }
        catch (IOException exception)
        {
            throw IsHeld(exception)
                ? new NodeLogException(NodeLogError.InUse, $"The data folder '{folder}' is in use by another process.", exception)
                : new NodeLogException(NodeLogError.FolderUnusable, $"The data folder '{folder}' cannot be written: {exception.Message}", exception);
        }
    }

    /// <summary>For whoever stays. Marks of processes that were killed go.</summary>
    public void Mark()
    {
        var mark = Path.Combine(_folder, MarkPrefix + Guid.NewGuid().ToString("N"));
        try
        {
            foreach (var left in Directory.GetFiles(_folder, MarkPrefix + "*")) File.Delete(left);
            File.WriteAllText(mark, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            _mark = mark;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // On a full disk there is no mark; what there is can still be read.
        }
    }

    public void Dispose()
    {
        try
        {
            if (_mark is not null) File.Delete(_mark);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The next process deletes it, where there is still a folder.
        }

        _lock.Dispose();
    }

    /// <summary>The system's own number of the refusal: EWOULDBLOCK of Linux or macOS, a sharing or lock violation of Windows.</summary>
    internal static bool IsHeld(IOException exception) => OperatingSystem.IsWindows()
        ? (exception.HResult & 0xFFFF) is 32 or 33
        : exception.HResult == (OperatingSystem.IsMacOS() ? 35 : 11);
}
