using PmOrleans.Node.Log;

namespace PmOrleans.Gateway.Hosting;

internal static class BackupCommand
{
    public static async Task<int> RunAsync(string data, string to, CancellationToken cancellation)
    {
        try
        {
            await SqliteStore.BackupAsync(data, to, cancellation);
        }
        catch (NodeLogException failed)
        {
            throw new StartException($"cannot back up {data}: {failed.Message}", failed);
        }

        Console.WriteLine($"Backed up {data} to {to}");
        return 0;
    }
}
