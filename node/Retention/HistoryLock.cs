using PmOrleans.Node.Log;
using PmOrleans.Node.Log.Sqlite;

namespace PmOrleans.Node.Retention;

/// <summary>
/// Keeps a running node from cutting its log while another process reads all of it. The lock is the operating system's, on a file beside the store: it ends
/// with the process that holds it, however that ends.
/// </summary>
internal static class HistoryLock
{
    public const string FileName = "history.lock";

    /// <summary>Longer than any transaction of a cut.</summary>
    private static readonly TimeSpan MostWait = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan AgainAfter = TimeSpan.FromMilliseconds(20);

    /// <summary>For one who reads: nothing is cut until it is disposed. Several may read.</summary>
    /// <exception cref="NodeLogException">The file cannot be opened.</exception>
    public static IDisposable Share(string folder)
    {
        for (var until = Environment.TickCount64 + (long)MostWait.TotalMilliseconds; ;)
        {
            try
            {
                return new FileStream(Path.Combine(folder, FileName), FileMode.OpenOrCreate, FileAccess.Read, FileShare.Read, bufferSize: 1);
            }
            catch (IOException held) when (LogFolder.IsHeld(held) && Environment.TickCount64 < until)
            {
                Thread.Sleep(AgainAfter);
            }
            catch (UnauthorizedAccessException) when (!File.Exists(Path.Combine(folder, FileName)))
            {
                // One who may only read: and no node cuts here, as that would have made the file.
                return Stream.Null;
            }
            catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
            {
                throw new NodeLogException(NodeLogError.FolderUnusable, $"'{FileName}' in '{folder}' cannot be opened: {failed.Message}", failed);
            }
        }
    }

    /// <summary>Makes the file, for those who may only read.</summary>
    /// <inheritdoc cref="TryTake"/>
    public static void Make(string folder) => TryTake(folder)?.Dispose();

    /// <summary>For one who cuts; <c>null</c> while somebody reads.</summary>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public static IDisposable? TryTake(string folder)
    {
        try
        {
            return new FileStream(Path.Combine(folder, FileName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1);
        }
        catch (IOException held) when (LogFolder.IsHeld(held))
        {
            return null;
        }
    }
}
