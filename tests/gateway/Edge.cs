using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PmOrleans.Gateway.Hosting;

namespace PmOrleans.Gateway.Tests;

/// <summary>A running edge in front of a fake node, in memory or on a real socket, with everything it logs.</summary>
internal sealed class Edge : IAsyncDisposable
{
    private Edge(WebApplication app, FakeNode node, HttpClient client, CapturedLogs logs)
    {
        App = app;
        Node = node;
        Client = client;
        Logs = logs;
    }

    public WebApplication App { get; }

    public FakeNode Node { get; }

    public HttpClient Client { get; }

    public CapturedLogs Logs { get; }

    public static async Task<Edge> StartAsync(GatewayOptions? options = null, FakeNode? node = null, bool sockets = false, TimeProvider? time = null, bool warmsUp = false)
    {
        node ??= new FakeNode();
        var logs = new CapturedLogs();
        var app = GatewayApp.Build((options ?? new GatewayOptions { DeadlineMs = 60_000 }) with { Urls = "http://127.0.0.1:0" }, node, builder =>
        {
            builder.Logging.AddProvider(logs);
            if (time is not null)
            {
                builder.Services.AddSingleton(time);
            }

            if (warmsUp)
            {
                builder.Services.AddWarmUp();
            }

            if (!sockets)
            {
                builder.WebHost.UseTestServer();
            }
        });
        await app.StartAsync();
        var client = sockets ? new HttpClient { BaseAddress = new Uri(app.Urls.First()) } : app.GetTestClient();
        return new Edge(app, node, client, logs);
    }

    public Task<Answer> PostAsync(string path, string body, string contentType = "application/json") =>
        SendAsync(HttpMethod.Post, path, Encoding.UTF8.GetBytes(body), contentType);

    public Task<Answer> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    public async Task<Answer> SendAsync(HttpMethod method, string path, byte[]? body = null, string? contentType = "application/json", params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            if (contentType is not null)
            {
                request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
            }
        }

        foreach (var (name, value) in headers)
        {
            _ = request.Headers.TryAddWithoutValidation(name, value) || request.Content?.Headers.TryAddWithoutValidation(name, value) == true;
        }

        using var response = await Client.SendAsync(request);
        return new Answer(
            (int)response.StatusCode,
            response.Content.Headers.ContentType?.MediaType,
            response.Headers.Concat(response.Content.Headers).ToDictionary(header => header.Key, header => string.Join(',', header.Value), StringComparer.OrdinalIgnoreCase),
            await response.Content.ReadAsStringAsync());
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await App.DisposeAsync();
    }
}

internal sealed record Answer(int Status, string? MediaType, IReadOnlyDictionary<string, string> Headers, string Text)
{
    public JsonElement Json => JsonDocument.Parse(Text).RootElement;

    public string[] ErrorsOf(string field) =>
        Json.TryGetProperty("errors", out var errors) && errors.TryGetProperty(field, out var messages)
            ? [.. messages.EnumerateArray().Select(message => message.GetString()!)]
            : [];

    /// <summary>Fails unless this is a complete problem document of a status.</summary>
    public Answer AssertProblem(int status)
    {
        Assert.True(status == Status, $"expected {status}, got {Status}: {Text}");
        Assert.Equal("application/problem+json", MediaType);
        Assert.Equal(status, Json.GetProperty("status").GetInt32());
        Assert.StartsWith("/problems/", Json.GetProperty("type").GetString(), StringComparison.Ordinal);
        Assert.False(string.IsNullOrEmpty(Json.GetProperty("title").GetString()));
        Assert.False(string.IsNullOrEmpty(Json.GetProperty("detail").GetString()));
        return this;
    }
}
