namespace PmOrleans.Gateway.Hosting;

/// <summary>
/// Asks for one decision and one preview once the process serves, past the network, and throws the answers away: who asks first waits less for the just-in-time compiler.
/// The process is not ready before (<see cref="IsOver"/>).
/// </summary>
internal sealed partial class WarmUp(EndpointDataSource endpoints, IServiceScopeFactory scopes, IHostApplicationLifetime life, ILogger<WarmUp> log) : BackgroundService
{
    /// <summary>Nothing of it is kept or can be met by what a shop calls its own: a preview leaves no trace.</summary>
    internal static readonly byte[] Request = """
        { "profile": { "attributes": {}, "touchpoints": [ { "type": "view" } ] }, "placements": [ { "id": "warm-up", "count": 1 } ], "context": { "channel": "web" },
          "bundle": { "files": { "warm-up.yaml":
            "metrics: { warmUp: count(view) over 7d }\nplacements: { warm-up: { channel: web } }\ncampaigns: { warm-up: { offers: { warm-up: { placements: [warm-up], eligibility: metrics.warmUp >= 1, content: {} } } } }" } } }
        """u8.ToArray();

    /// <summary>A dry run leaves no trace, whether or not somebody calls a placement so.</summary>
    private static readonly byte[] Decision = """{ "customerId": "warm-up", "dryRun": true, "placements": [ { "id": "warm-up", "count": 1 } ] }"""u8.ToArray();

    /// <summary>
    /// Threads that a start may have at once. Nearly all of them compile then, and what others ask of this process, a silo's neighbours above all, must not wait behind that in the pool:
    /// by itself it begins with one thread a processor and adds one a second at most.
    /// </summary>
    private const int ThreadsOfStart = 16;

    private volatile bool _isOver;

    /// <summary>Whether both were answered, well or not.</summary>
    public bool IsOver => _isOver;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        ThreadPool.GetMinThreads(out var workers, out var completions);
        ThreadPool.SetMinThreads(Math.Max(workers, ThreadsOfStart), completions);
        using var started = new CancellationTokenSource();
        await using var _ = life.ApplicationStarted.Register(started.Cancel);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(started.Token, stoppingToken);
        await Task.Delay(Timeout.Infinite, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!stoppingToken.IsCancellationRequested)
        {
            await AskAsync("decide", Decision, stoppingToken);
            await AskAsync("preview", Request, stoppingToken);
        }

        ThreadPool.SetMinThreads(workers, completions);
        _isOver = true;
    }

    private async Task AskAsync(string name, byte[] body, CancellationToken stopping)
    {
        if (endpoints.Endpoints.FirstOrDefault(endpoint => endpoint.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName == name) is not RouteEndpoint { RequestDelegate: { } answer })
        {
            // A silo without the API.
            return;
        }

        await using var scope = scopes.CreateAsyncScope();
        var context = new DefaultHttpContext { RequestServices = scope.ServiceProvider, RequestAborted = stopping };
        context.Request.Method = HttpMethods.Post;
        context.Request.ContentType = Http.ContentTypes.Json;
        context.Request.ContentLength = body.Length;
        context.Request.Body = new MemoryStream(body, writable: false);
        try
        {
            await answer(context);
            Warm(name, context.Response.StatusCode);
        }
        catch (Exception cold) when (cold is not OutOfMemoryException)
        {
            // Nobody asked: whoever does is told.
            Warm(name, StatusCodes.Status500InternalServerError);
        }
    }

    [LoggerMessage(1, LogLevel.Debug, "{Name} for nobody was answered with {Status}.")]
    private partial void Warm(string name, int status);
}
