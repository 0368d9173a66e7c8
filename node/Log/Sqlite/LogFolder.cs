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
            throw IsHeld(exception)
                ? new NodeLogException(NodeLogError.InUse, $"The data folder '{folder}' is in use by another process.", exception)
                : new NodeLogException(NodeLogError.FolderUnusable, $"The data folder '{folder}' cannot be written: {exception.Message}", exception);
        }
    }

    public void Dispose() => _lock.Dispose();

    /// <summary>The system's own number of the refusal: EWOULDBLOCK of Linux or macOS, a sharing or lock violation of Windows.</summary>
    internal static bool IsHeld(IOException exception) => OperatingSystem.IsWindows()
        ? (exception.HResult & 0xFFFF) is 32 or 33
        : exception.HResult == (OperatingSystem.IsMacOS() ? 35 : 11);
}
