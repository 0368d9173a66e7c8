using PmOrleans.Node.Log;
using PmOrleans.Node.Verification;

namespace PmOrleans.Gateway.Hosting;

internal static class VerifyCommand
{
    public static async Task<int> RunAsync(string data, bool live, CancellationToken cancellation)
    {
        try
        {
            var report = await StoreVerifier.VerifyAsync(data, live, cancellation);
            Console.Write(report.ToText());
            return report.ExitCode;
        }
        catch (NodeLogException failed)
        {
            throw new StartException($"cannot verify {data}: {failed.Message}", failed);
        }
    }
}
