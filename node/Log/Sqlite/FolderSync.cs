using System.Runtime.InteropServices;

namespace PmOrleans.Node.Log.Sqlite;

/// <summary>Brings the names in a folder to the disk. .NET opens no folders, hence the system's own calls.</summary>
internal static partial class FolderSync
{
    private const int ReadOnly = 0;

    /// <summary>On Windows a rename is journaled by the file system, and there is no such call.</summary>
    public static void Sync(string folder)
    {
        if (OperatingSystem.IsWindows()) return;
        var descriptor = Open(folder, ReadOnly);
        if (descriptor < 0) throw new IOException($"The folder '{folder}' cannot be opened (error {Marshal.GetLastPInvokeError()}).");
        try
        {
            if (Fsync(descriptor) != 0) throw new IOException($"The folder '{folder}' cannot be synced (error {Marshal.GetLastPInvokeError()}).");
        }
        finally
        {
            _ = CloseDescriptor(descriptor);
        }
    }

    /// <summary>Makes a folder with those it is in, and brings their names to the disk.</summary>
    /// <exception cref="IOException">It cannot be made, or a file has its name.</exception>
    public static void Make(string folder)
    {
        var missing = new Stack<string>();
        for (var at = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)); at is not null && !Directory.Exists(at); at = Path.GetDirectoryName(at)) missing.Push(at);
        Directory.CreateDirectory(folder);
        foreach (var made in missing) Sync(Path.GetDirectoryName(made)!);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int CloseDescriptor(int descriptor);
}
