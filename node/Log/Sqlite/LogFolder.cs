namespace PmOrleans.Node.Log.Sqlite;

/// <summary>The data folder and the lock that says that one process has it.</summary>
/// <remarks>The lock is the operating system's, on an open file (flock on Unix): it ends with the process, however that ends.</remarks>
internal sealed class LogFolder : IDisposable
{
    public const string LockName = "lock";

    private readonly FileStream _lock;

    private LogFolder(FileStream fileLock) => _lock = fileLock;

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
            return new LogFolder(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1));
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new NodeLogException(
                NodeLogError.FolderUnusable, $"The data folder '{folder}' cannot be written: {exception.Message}", exception);
        }
        catch (IOException exception)
        {
            throw IsHeld(path)
                ? new NodeLogException(NodeLogError.InUse, $"The data folder '{folder}' is in use by another process.", exception)
                : new NodeLogException(NodeLogError.FolderUnusable, $"The data folder '{folder}' cannot be written: {exception.Message}", exception);
        }
    }

    public void Dispose() => _lock.Dispose();

    /// <summary>A file that opens when nothing is asked of others is there and fine; then it is the lock that stood in the way.</summary>
    private static bool IsHeld(string path)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return OperatingSystem.IsWindows() && File.Exists(path);
        }
    }
}
