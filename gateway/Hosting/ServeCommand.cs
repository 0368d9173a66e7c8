using PmOrleans.Gateway.Metrics;
using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Hosting;

/// <summary>Opens the node, puts the edge in front of it, and serves until it is told to stop.</summary>
internal static class ServeCommand
{
    public static async Task<int> RunAsync(IReadOnlyDictionary<string, string> given, CancellationToken cancellation)
    {
        var options = SettingsReader.Read(given, Environment.GetEnvironmentVariables(), Path.Combine(Environment.CurrentDirectory, "appsettings.json"));

        // Before the node: its counters begin at nothing, and a rate sees the first of something only behind that.
        using var metrics = new MetricStore(options.MaxMetricSeries);

        // Disposed last: the server has stopped by then, so nothing is under way in the node.
        await using var opened = await EmbeddedNodeService.OpenAsync(options);
        return await ServeAsync(options, opened.Node, metrics, cancellation);
    }

    private static async Task<int> ServeAsync(GatewayOptions options, IDecisionNode node, MetricStore metrics, CancellationToken cancellation)
    {
        await using var app = GatewayApp.Build(options, node, builder => builder.Services.AddWarmUp(), metrics: metrics);
        try
        {
            await app.StartAsync(cancellation);
        }
        catch (Exception failed) when (failed is IOException or InvalidOperationException or System.Net.Sockets.SocketException or FormatException)
        {
            throw new StartException(IsCertificateMissing(options, failed)
                ? $"cannot listen on {options.Urls}: https needs --certificate, and ASP.NET Core finds no developer's own here"
                : $"cannot listen on {options.Urls}: {failed.Message}", failed);
        }

        await StartBanner.WriteAsync(Console.Out, options, app.Urls, node);
        StartBanner.WarnOfOpenDoors(app, options);
        await app.WaitForShutdownAsync(cancellation);
        return 0;
    }

    private static bool IsCertificateMissing(GatewayOptions options, Exception failed) =>
        failed is InvalidOperationException && options.CertificateFile is null && options.Urls.Contains("https:", StringComparison.OrdinalIgnoreCase);
}
