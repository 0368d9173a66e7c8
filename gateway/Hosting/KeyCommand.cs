using PmOrleans.Gateway.Access;

namespace PmOrleans.Gateway.Hosting;

/// <summary>Admits one more caller: a line to the file of keys, and the key to the standard output, which is the only place that ever has it.</summary>
internal static class KeyCommand
{
    public static async Task<int> RunAsync(string file, string name, string scopes)
    {
        try
        {
            var before = File.Exists(file) ? await File.ReadAllTextAsync(file) : "";
            var (key, line) = KeyFile.Make(name, scopes);
            var after = before + (before.Length == 0 || before.EndsWith('\n') ? "" : "\n") + line + "\n";
            KeyFile.Parse(after);

            // Whole or not at all: a process may be reading it.
            var written = file + ".new";
            await File.WriteAllTextAsync(written, after);
            File.Move(written, file, overwrite: true);
            Console.WriteLine(key);
            return 0;
        }
        catch (Exception failed) when (failed is FormatException or IOException or UnauthorizedAccessException)
        {
            throw new StartException($"cannot add a key to '{file}': {failed.Message}", failed);
        }
    }
}
