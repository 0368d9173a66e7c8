using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;
using System.Text.Json;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Simulator.Http;
using PmOrleans.Simulator.Runs;
using PmOrleans.Simulator.Shop;

namespace PmOrleans.Simulator.Targets;

/// <summary>A gateway, over HTTP. On the simulated clock it takes time from the requests; otherwise the run keeps to the system's time.</summary>
internal sealed class HttpEngine : IEngine
{
    private const int Attempts = 6;
    private readonly HttpClient _client;
    private readonly string _run = $"r{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds():x}-";

    private HttpEngine(HttpClient client, CatalogSnapshot catalog, bool isSimulated) =>
        (_client, Catalog, IsSimulated, View) = (client, catalog, isSimulated, new HttpView(client));

    public CatalogSnapshot Catalog { get; }

    public IEngineView View { get; }

    /// <summary>Whether the node was started with <c>--clock simulated</c>.</summary>
    public bool IsSimulated { get; }

    /// <summary>Less than the five minutes after which a touchpoint counts as late.</summary>
    public long SpanMicros => IsSimulated ? 4 * 60_000_000L : 0;

    /// <param name="key">The key that the gateway asks for; <c>null</c>: none.</param>
    /// <exception cref="InputException">Nobody answers there, or what answers is no gateway with a catalog.</exception>
    public static async Task<HttpEngine> OpenAsync(Uri url, string? key, GatewayTrust trust)
    {
        var client = new HttpClient(new SocketsHttpHandler { PooledConnectionLifetime = Timeout.InfiniteTimeSpan, ConnectTimeout = TimeSpan.FromSeconds(5), SslOptions = trust.For(url.IdnHost) })
        {
            BaseAddress = url,
            Timeout = TimeSpan.FromSeconds(60),
        };
        client.DefaultRequestHeaders.Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key);
        try
        {
            using var answer = await client.GetAsync(new Uri("/v1/catalog", UriKind.Relative));
            if (answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
            {
                throw new InputException($"{url} asks for a key with the scopes decide, read and customers: GET /v1/catalog answers {(int)answer.StatusCode}. Put it into a file and name that with --key-file");
            }

            if (!answer.IsSuccessStatusCode)
            {
                throw new InputException($"{url} has no catalog to read: GET /v1/catalog answers {(int)answer.StatusCode}");
            }

            var catalog = CompiledCatalog.Of(await answer.Content.ReadAsByteArrayAsync(), DateTimeOffset.UtcNow);
            return new HttpEngine(client, catalog, await IsOnSimulatedClockAsync(client, catalog));
        }
        catch (Exception lost) when (lost is HttpRequestException or TaskCanceledException)
        {
            client.Dispose();
            throw new InputException(
                lost.InnerException is AuthenticationException untrusted ? $"{url} has a certificate that is not trusted here: {untrusted.Message.TrimEnd('.')}. See --ca-file" : $"{url} does not answer: {lost.Message}", lost);
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    public async ValueTask<Answered> DecideAsync(DecisionRequest request)
    {
        var (status, body) = await SendAsync("/v1/decisions", RequestJson.Decision(request, IsSimulated, _run));
        using var document = Parse(body);
        if (status != HttpStatusCode.OK)
        {
            return new Answered("", null, 0, $"{(int)status}: {Detail(document, body)}");
        }

        var offers = document!.RootElement.GetProperty("placements")[0].GetProperty("offers");
        if (offers.GetArrayLength() == 0 || offers[0].GetProperty("fallback").GetBoolean())
        {
            return new Answered(request.DecisionId!, null, 0, null);
        }

        var id = offers[0].GetProperty("offerId").GetString()!;
        return Catalog.OfferById.TryGetValue(id, out var offer)
            ? new Answered(request.DecisionId!, offer, offers[0].GetProperty("propensity").GetDouble(), null)
            : new Answered("", null, 0, $"offer '{id}' is not in the catalog that was live when the run began");
    }

    public async ValueTask<int> IngestAsync(IReadOnlyList<Touchpoint> touchpoints)
    {
        var (status, body) = await SendAsync("/v1/touchpoints", RequestJson.Touchpoints(touchpoints, _run));
        using var document = Parse(body);
        return status == HttpStatusCode.Accepted && document is not null && document.RootElement.TryGetProperty("rejected", out var rejected)
            ? rejected.GetArrayLength()
            : touchpoints.Count;
    }

    public ValueTask StepAsync(long atMicros) => ValueTask.CompletedTask;

    public bool MustStep(long atMicros) => false;

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>A dry run leaves no trace; a node on the system's clock refuses its time.</summary>
    private static async Task<bool> IsOnSimulatedClockAsync(HttpClient client, CatalogSnapshot catalog)
    {
        if (catalog.Placements.Length == 0)
        {
            throw new InputException("the gateway's catalog has no placement");
        }

        var probe = new DecisionRequest
        {
            DecisionId = "clock-probe", CustomerId = "clock-probe", Placements = [new PlacementRequest(catalog.Placements[0].Id, 1, [])], DryRun = true, AtMicros = 0,
        };
        using var content = Content(RequestJson.Decision(probe, withTime: true, ""));
        using var answer = await client.PostAsync(new Uri("/v1/decisions", UriKind.Relative), content);
        return answer.IsSuccessStatusCode;
    }

    /// <summary>Sends again what was refused for overload or lost on the way: the ids make it safe.</summary>
    private async Task<(HttpStatusCode Status, byte[] Body)> SendAsync(string path, byte[] json)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                using var content = Content(json);
                using var answer = await _client.PostAsync(new Uri(path, UriKind.Relative), content);
                var body = await answer.Content.ReadAsByteArrayAsync();
                if (answer.StatusCode is not (HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout) || attempt == Attempts)
                {
                    return (answer.StatusCode, body);
                }

                await Task.Delay(answer.Headers.RetryAfter?.Delta ?? TimeSpan.FromMilliseconds(200));
            }
            catch (Exception lost) when (lost is HttpRequestException or IOException or TaskCanceledException)
            {
                if (attempt == Attempts)
                {
                    throw new EngineLostException($"{_client.BaseAddress} does not answer: {lost.Message}", lost);
                }

                await Task.Delay(TimeSpan.FromMilliseconds(100 * attempt * attempt));
            }
        }
    }

    private static ByteArrayContent Content(byte[] json)
    {
        var content = new ByteArrayContent(json);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }

    private static JsonDocument? Parse(byte[] body)
    {
        try
        {
            return JsonDocument.Parse(body);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Detail(JsonDocument? problem, byte[] body) =>
        problem is null ? $"{body.Length} bytes that are no JSON"
        : problem.RootElement.TryGetProperty("errors", out var errors) ? errors.ToString()
        : problem.RootElement.TryGetProperty("detail", out var detail) ? detail.GetString() ?? "" : "";
}
