using System.Net;
using System.Text.Json;
using PmOrleans.Simulator.Runs;

namespace PmOrleans.Simulator.Targets;

/// <summary>A gateway, seen through its API. Throws <see cref="EngineLostException"/> where it does not answer, or with something else.</summary>
internal sealed class HttpView(HttpClient client) : IEngineView
{
    public Task<IReadOnlyList<SeenCampaign>> CampaignsAsync(CancellationToken cancellation = default) =>
        ReadAsync<IReadOnlyList<SeenCampaign>>("/v1/campaigns", body => [.. body.GetProperty("campaigns").EnumerateArray().Select(Campaign)], [], cancellation);

    public Task<IReadOnlyDictionary<string, long>> SegmentSizesAsync(CancellationToken cancellation = default) =>
        ReadAsync<IReadOnlyDictionary<string, long>>(
            "/v1/segments",
            body => body.GetProperty("segments").EnumerateArray()
                .Where(segment => segment.TryGetProperty("size", out var size) && size.ValueKind == JsonValueKind.Number)
                .ToDictionary(segment => Text(segment, "id"), segment => segment.GetProperty("size").GetInt64(), StringComparer.Ordinal),
            new Dictionary<string, long>(StringComparer.Ordinal),
            cancellation);

    public Task<SeenCustomer?> CustomerAsync(string id, CancellationToken cancellation = default) =>
        ReadAsync<SeenCustomer?>(
            $"/v1/customers/{Uri.EscapeDataString(id)}",
            body => new SeenCustomer(
                [.. body.GetProperty("segments").EnumerateArray().Select(segment => segment.GetString()!)],
                [.. body.GetProperty("caps").EnumerateArray().Select(cap => new SeenCap(
                    Text(cap, "id"), Text(cap, "event"), cap.GetProperty("limit").GetInt32(), cap.GetProperty("counted").GetInt32() + cap.GetProperty("reserved").GetInt32()))]),
            null,
            cancellation);

    private static SeenCampaign Campaign(JsonElement campaign) => new(
        Text(campaign, "id"),
        campaign.GetProperty("offers").EnumerateArray().Sum(offer => offer.GetProperty("settled").GetDouble()),
        Account(campaign, "total"),
        Account(campaign, "today"),
        campaign.TryGetProperty("price", out var price) && price.ValueKind == JsonValueKind.Number ? price.GetDouble() : 0);

    private static SeenAccount? Account(JsonElement campaign, string name) =>
        campaign.TryGetProperty(name, out var ledger) && ledger.ValueKind == JsonValueKind.Object
            ? new SeenAccount(ledger.GetProperty("settled").GetDouble(), ledger.GetProperty("reserved").GetDouble())
            : null;

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    /// <param name="none">What a 404 means.</param>
    private async Task<T> ReadAsync<T>(string path, Func<JsonElement, T> read, T none, CancellationToken cancellation)
    {
        try
        {
            using var answer = await client.GetAsync(new Uri(path, UriKind.Relative), cancellation);
            if (answer.StatusCode == HttpStatusCode.NotFound)
            {
                return none;
            }

            using var document = JsonDocument.Parse(await answer.EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync(cancellation));
            return read(document.RootElement);
        }
        catch (Exception lost) when (lost is HttpRequestException or IOException or TaskCanceledException && !cancellation.IsCancellationRequested)
        {
            throw new EngineLostException($"GET {path} of {client.BaseAddress} does not answer: {lost.Message}", lost);
        }
        catch (Exception wrong) when (wrong is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new EngineLostException($"GET {path} of {client.BaseAddress} answers what cannot be read: {wrong.Message}", wrong);
        }
    }
}
