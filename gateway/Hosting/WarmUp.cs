namespace PmOrleans.Gateway.Hosting;

/// <summary>
/// Asks for one preview of a small catalog of its own once the process serves, past the network, and throws the answer away: who previews first waits less
/// for the just-in-time compiler.
/// </summary>
internal sealed partial class WarmUp(EndpointDataSource endpoints, IServiceScopeFactory scopes, IHostApplicationLifetime life, ILogger<WarmUp> log) : BackgroundService
{
    /// <summary>Nothing of it is kept or can be met by what a shop calls its own: a preview leaves no trace.</summary>
    internal static readonly byte[] Request = """
        { "profile": { "attributes": {}, "touchpoints": [ { "type": "view" } ] }, "placements": [ { "id": "warm-up", "count": 1 } ], "context": { "channel": "web" },
          "bundle": { "files": { "warm-up.yaml":
            "metrics: { warmUp: count(view) over 7d }\nplacements: { warm-up: { channel: web } }\ncampaigns: { warm-up: { offers: { warm-up: { placements: [warm-up], eligibility: metrics.warmUp >= 1, content: {} } } } }" } } }
        """u8.ToArray();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var started = new CancellationTokenSource();
        await using var _ = life.ApplicationStarted.Register(started.Cancel);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(started.Token, stoppingToken);
        await Task.Delay(Timeout.Infinite, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (stoppingToken.IsCancellationRequested || endpoints.Endpoints.FirstOrDefault(IsPreview) is not RouteEndpoint { RequestDelegate: { } preview })
        {
            return;
        }

        await using var scope = scopes.CreateAsyncScope();
        var context = new DefaultHttpContext { RequestServices = scope.ServiceProvider, RequestAborted = stoppingToken };
        context.Request.Method = HttpMethods.Post;
        context.Request.ContentType = Http.ContentTypes.Json;
        context.Request.ContentLength = Request.Length;
        context.Request.Body = new MemoryStream(Request, writable: false);
        try
        {
            await preview(context);
            Warm(context.Response.StatusCode);
        }
        catch (Exception cold) when (cold is not OutOfMemoryException)
        {
            // Nobody asked: whoever does is told.
            Warm(StatusCodes.Status500InternalServerError);
        }
    }

    private static bool IsPreview(Endpoint endpoint) => endpoint.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName == "preview";

    [LoggerMessage(1, LogLevel.Debug, "A preview for nobody was answered with {Status}.")]
    private partial void Warm(int status);
}
