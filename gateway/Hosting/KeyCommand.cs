using System.Text;
using PmOrleans.Gateway.Access;

namespace PmOrleans.Gateway.Hosting;

/// <summary>Admits one more caller: a line to the file of keys, and the key to the standard output, which is the only place that ever has it.</summary>
internal static class KeyCommand
{
    public static async Task<int> RunAsync(string file, string name, string scopes)
    {
        try
        {
            var (key, line) = KeyFile.Make(name, scopes);
            await AddAsync(File.Exists(file) ? File.ResolveLinkTarget(file, returnFinalTarget: true)?.FullName ?? file : file, line);
            Console.WriteLine(key);
            return 0;
        }
        catch (Exception failed) when (KeyRing.IsTold(failed))
        {
            throw new StartException($"cannot add a key to '{file}': {failed.Message}", failed);
        }
    }

    /// <summary>Whole or not at all, as a process may be reading it; and one command at a time, as each writes what it has read, with its line.</summary>
    private static async Task AddAsync(string file, string line)
    {
        var next = file + ".new";
        var mine = new FileStream(next, FileMode.CreateNew, FileAccess.Write);
        try
        {
            await using (mine)
            {
                var before = "";
                if (File.Exists(file))
                {
                    before = KeyFile.Read(file);
                    KeepMode(file, mine);
                }

                var after = before + (before.Length == 0 || before.EndsWith('\n') ? "" : "\n") + line + "\n";
                KeyFile.Parse(after);
                await mine.WriteAsync(Encoding.UTF8.GetBytes(after));
                mine.Flush(flushToDisk: true);
            }

            File.Move(next, file, overwrite: true);
        }
        catch
        {
            File.Delete(next);
            throw;
        }
    }

    private static void KeepMode(string file, FileStream next)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(next.SafeFileHandle, File.GetUnixFileMode(file));
        }
    }
}
