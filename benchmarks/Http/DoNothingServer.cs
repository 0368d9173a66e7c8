using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace PmOrleans.Benchmarks.Http;

/// <summary>The baseline: a minimal-API endpoint that reads a decision request and writes an answer of the same form, and does nothing between.</summary>
public static class DoNothingServer
{
    public static async Task RunAsync(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options => options.AddServerHeader = false);
        builder.Services.ConfigureHttpJsonOptions(options => options.SerializerOptions.TypeInfoResolverChain.Insert(0, BaselineJson.Default));
        var app = builder.Build();
        app.MapGet("/readyz", () => "ready");
        app.MapPost("/v1/decisions", (BaselineRequest request) => new BaselineAnswer(
            request.DecisionId,
            request.CustomerId,
            DateTimeOffset.UtcNow,
            1,
            false,
            [.. request.Placements.Select(placement => new BaselinePlacement(
                placement.Id,
                "default",
                false,
                [new BaselineOffer(1, "welcome-sampler", "welcome", "welcome-sampler-zh", BaselineContent.Sample, 0.1924, 0.6516, false)]))]));
        await app.RunAsync();
    }
}

public sealed record BaselineRequest(
    string DecisionId, string CustomerId, BaselinePlacementRequest[] Placements, Dictionary<string, string> Context);

public sealed record BaselinePlacementRequest(string Id, int Count);

public sealed record BaselineAnswer(
    string DecisionId, string CustomerId, DateTimeOffset At, int CatalogVersion, bool Degraded, BaselinePlacement[] Placements);

public sealed record BaselinePlacement(string Id, string Policy, bool Holdout, BaselineOffer[] Offers);

public sealed record BaselineOffer(
    int Rank, string OfferId, string CampaignId, string CreativeId, BaselineContent Content, double Propensity, double Score, bool Fallback);

public sealed record BaselineContent(string Title, string Subtitle, string Image, string Url)
{
    public static BaselineContent Sample { get; } = new("9.9元，三款茶各尝一口", "龙井、白牡丹、金骏眉，喜欢哪款再买大份", "/img/welcome/sampler.webp", "/p/tea-sampler");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(BaselineRequest))]
[JsonSerializable(typeof(BaselineAnswer))]
[JsonSerializable(typeof(string))]
internal sealed partial class BaselineJson : JsonSerializerContext;
