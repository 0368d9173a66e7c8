using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using PmOrleans.Gateway.Http;

namespace PmOrleans.Gateway.Tests;

/// <summary>Bytes on a socket that no client library would send.</summary>
public sealed class RawHttpTests
{
    [Theory]
    [InlineData("NONSENSE\r\n\r\n", "HTTP/1.1 400 ")]
    [InlineData("GET / HTTP/9.9\r\nHost: localhost\r\n\r\n", "HTTP/1.1 505 ")]
    [InlineData("GET /v1/customers/a%00b HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 400 ")]
    [InlineData("GET /v1/customers/%ff%fe HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 400 ")]
    [InlineData("POST /v1/touchpoints HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 400 ")]
    [InlineData("POST /v1/touchpoints HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n", "HTTP/1.1 413 ")]
    [InlineData("POST /v1/touchpoints HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "HTTP/1.1 400 ")]
    [InlineData("POST /v1/touchpoints HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n", "HTTP/1.1 400 ")]
    [InlineData("POST /v1/decisions HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", "HTTP/1.1 400 ")]
    public async Task broken_http_is_refused_and_the_next_connection_served(string bytes, string expected)
    {
        await using var edge = await Edge.StartAsync(sockets: true);
        var address = new Uri(edge.App.Urls.First());

        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(bytes));
        using var reader = new StreamReader(client.GetStream(), Encoding.ASCII);
        var status = await reader.ReadLineAsync();
        var next = await edge.PostAsync("/v1/decisions", Samples.DecisionJson);

        Assert.StartsWith(expected, status, StringComparison.Ordinal);
        Assert.Equal(200, next.Status);
        Assert.Single(edge.Node.Decided);
        Assert.Empty(edge.Node.Ingested);
    }

    [Fact]
    public async Task a_connection_that_is_reset_in_the_middle_of_a_chunk_is_no_defect_of_the_server()
    {
        await using var edge = await Edge.StartAsync(sockets: true);
        var address = new Uri(edge.App.Urls.First());
        var drain = edge.App.Services.GetRequiredService<Drain>();

        using (var client = new TcpClient { LingerState = new LingerOption(true, 0) })
        {
            await client.ConnectAsync(address.Host, address.Port);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
                $"POST /v1/touchpoints HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n500\r\n{Samples.TouchpointJson}"));
            await Wait.UntilAsync(() => drain.UnderWay == 1);
        }

        await Wait.UntilAsync(() => drain.UnderWay == 0);

        Assert.Empty(edge.Node.Ingested);
        Assert.DoesNotContain("Error", edge.Logs.All, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_body_that_stops_coming_is_a_408_in_words_for_its_sender()
    {
        await using var edge = await Edge.StartAsync(sockets: true);
        var address = new Uri(edge.App.Urls.First());

        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
            "POST /v1/touchpoints HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"));
        using var reader = new StreamReader(client.GetStream(), Encoding.UTF8);
        var answer = await reader.ReadToEndAsync();

        Assert.StartsWith("HTTP/1.1 408 ", answer, StringComparison.Ordinal);
        Assert.Contains("The body came more slowly than 240 bytes a second.", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_caller_who_leaves_in_the_middle_of_a_body_leaves_nothing_behind()
    {
        await using var edge = await Edge.StartAsync(sockets: true);
        var address = new Uri(edge.App.Urls.First());

        using (var client = new TcpClient())
        {
            await client.ConnectAsync(address.Host, address.Port);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
                $"POST /v1/touchpoints HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{Samples.TouchpointJson}"));
        }

        await edge.App.StopAsync();

        Assert.Empty(edge.Node.Ingested);
        Assert.DoesNotContain("Error", edge.Logs.All, StringComparison.Ordinal);
    }
}
