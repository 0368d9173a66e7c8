using PmOrleans.Node.Log;
using PmOrleans.Node.Verification;

namespace PmOrleans.Gateway.Hosting;

internal static class VerifyCommand
{
    public static async Task<int> RunAsync(string data, bool live, CancellationToken cancellation)
    {
        try
        {
            var report = await StoreVerifier.VerifyAsync(data, live, progress: null, cancellation);
            Console.Write(report.ToText());
            return report.ExitCode;
        }
        catch (NodeLogException failed)
        {
            throw new StartException($"cannot verify {data}: {failed.Message}{(failed.Error == NodeLogError.InUse ? " --live reads beside it." : "")}", failed);
        }
    }

    public static async Task<int> RunPostgresAsync(string connection, string schema, CancellationToken cancellation)
    {
        try
        {
            var report = await StoreVerifier.VerifyPostgresAsync(connection, schema, cancellation);
            Console.Write(report.ToText());
            return report.ExitCode;
        }
        catch (Exception failed) when (failed is NodeLogException or ArgumentException)
        {
            throw new StartException($"cannot verify the PostgreSQL store: {failed.Message}", failed);
        }
    }
}
