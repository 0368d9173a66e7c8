using PmOrleans.Node.Log;

namespace PmOrleans.Gateway.Hosting;

internal static class RestoreCommand
{
    public static async Task<int> RunAsync(string from, string data, CancellationToken cancellation)
    {
        try
        {
            await SqliteStore.RestoreAsync(from, data, cancellation);
        }
        catch (NodeLogException failed)
        {
            throw new StartException($"cannot restore {from}: {failed.Message}", failed);
        }

        Console.WriteLine($"Restored {from} to {data}");
        return 0;
    }
}
