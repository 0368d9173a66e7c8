using System.Text.Json;
using PmOrleans.Gateway.Http;
using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Hosting;

/// <summary>What somebody who has just started the program wants to know.</summary>
internal static class StartBanner
{
    private const string SamplePlacement = "home.hero";

    public static async Task WriteAsync(TextWriter output, GatewayOptions options, IEnumerable<string> urls, IDecisionNode node)
    {
        var campaigns = await node.ReadCampaignsAsync();
        var catalog = await node.ReadCatalogAsync();
        var address = urls.FirstOrDefault() ?? options.Urls;
        await output.WriteLineAsync($"PmOrleans listens on {string.Join(", ", urls)}; data in {(options.Connection is null ? Path.GetFullPath(options.DataFolder) : "PostgreSQL")}");
        await output.WriteLineAsync(catalog.Value is { } live
            ? $"Catalog version {live.Version} is live: {campaigns.Value?.Count ?? 0} campaigns, {campaigns.Value?.Sum(campaign => campaign.Offers.Count) ?? 0} offers"
            : "No catalog is live yet: PUT /v1/catalog, or start an empty store with --catalog DIR");
        if (catalog.Value is not null)
        {
            await output.WriteLineAsync($"Try: curl -s {address}{await ExampleAsync(node)}{(options.KeyFile is null ? "" : " -H 'Authorization: Bearer KEY'")}");
        }
    }

    /// <summary>Says in the log who can call that perhaps should not.</summary>
    public static void WarnOfOpenDoors(WebApplication app, GatewayOptions options)
    {
        var beyond = app.Urls.Where(url => !KnownHosts.IsThisMachineOnly(url)).ToArray();
        if (beyond.Length > 0 && options.KeyFile is null)
        {
            app.Logger.LogWarning("Listening beyond this machine, and whoever reaches it may call: give callers keys (--keys), or put a proxy in front that knows them.");
        }
        else if (beyond.Any(url => url.StartsWith("http:", StringComparison.OrdinalIgnoreCase)))
        {
            app.Logger.LogWarning("Listening beyond this machine without TLS: keys can be read on the way. Use https, or a proxy in front that does.");
        }
    }

    /// <summary>A decision where the catalog has the sample shop's first placement, as most that grew out of it do; otherwise where the live catalog can be read.</summary>
    private static async Task<string> ExampleAsync(IDecisionNode node) => (await node.ReadPolicyAsync(SamplePlacement)).IsRefused
        ? "/v1/catalog"
        : $"/v1/decisions -H 'Content-Type: application/json' -d '{JsonSerializer.Serialize(new { customerId = "c-42", placements = new[] { new { id = SamplePlacement } } })}'";
}
