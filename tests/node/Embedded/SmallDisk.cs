using System.Diagnostics;

namespace PmOrleans.Node.Tests.Embedded;

/// <summary>A file system of a few megabytes in memory, mounted over a folder; needs Linux and root.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly string _folder;

    private SmallDisk(string folder) => _folder = folder;

    public static bool CanMount { get; } = OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess && TryMount();

    public static SmallDisk Mount(string folder, int megabytes)
    {
        if (Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs", folder) != 0)
        {
            throw new InvalidOperationException($"no file system could be mounted over {folder}");
        }

        return new SmallDisk(folder);
    }

    /// <summary>Takes all the room there is.</summary>
    public static void Fill(string file)
    {
        using var stream = new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        var block = new byte[64 * 1024];
        for (var size = block.Length; size > 0;)
        {
            try
            {
                stream.Write(block, 0, size);
            }
            catch (IOException)
            {
                size /= 2;
            }
        }
    }

    public void Dispose() => _ = Run("umount", "-l", _folder);

    private static bool TryMount()
    {
        var folder = Directory.CreateTempSubdirectory("pmorleans-disk-").FullName;
        try
        {
            using (Mount(folder, 1))
            {
                return true;
            }
        }
        catch (Exception refused) when (refused is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return false;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static int Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, UseShellExecute = false })!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode;
    }
}

/// <summary>Reported as skipped where no file system can be mounted.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FullDiskFactAttribute : FactAttribute
{
    public FullDiskFactAttribute()
    {
        if (!SmallDisk.CanMount)
        {
            Skip = "no small file system can be mounted here: that takes Linux and root";
        }
    }
}
