using System.Text;
using Microsoft.AspNetCore.Http;
using PmOrleans.Gateway.Http;

namespace PmOrleans.Gateway.Tests;

/// <summary>A page of a name that leads to this machine is the same site to a browser: only the name in the request tells it apart.</summary>
public sealed class KnownHostsTests
{
    [Theory]
    [InlineData("GET", "/v1/customers/c-1")]
    [InlineData("GET", "/v1/campaigns")]
    [InlineData("POST", "/v1/decisions")]
    [InlineData("DELETE", "/v1/customers/c-1")]
    [InlineData("GET", "/metrics")]
    [InlineData("GET", "/openapi/v1.json")]
    [InlineData("GET", "/nowhere")]
    public async Task by_a_name_that_was_not_given_nothing_is_answered(string method, string path)
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.SendAsync(new HttpMethod(method), path, method == "POST" ? Encoding.UTF8.GetBytes(Samples.DecisionJson) : null, headers: ("Host", "rebound.example:8080"));

        answer.AssertProblem(421);
        Assert.Equal("/problems/wrong-host", answer.Json.GetProperty("type").GetString());
        Assert.Contains("'rebound.example:8080'", answer.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Contains("--hosts", answer.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(0, edge.Node.Calls);
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("LocalHost:8080")]
    [InlineData("shop.localhost:8080")]
    [InlineData("127.0.0.1:8080")]
    [InlineData("[::1]:8080")]
    [InlineData("10.1.2.3")]
    [InlineData("")]
    public void this_machine_s_own_names_and_addresses_are_known(string host) => Assert.True(Admits(new GatewayOptions(), host));

    [Theory]
    [InlineData("localhost.rebound.example")]
    [InlineData("127.0.0.1.rebound.example")]
    [InlineData("notlocalhost")]
    [InlineData("shop.example")]
    public void names_that_only_look_like_them_are_not(string host) => Assert.False(Admits(new GatewayOptions(), host));

    [Theory]
    [InlineData("shop.example;api.example", "API.example:443", true)]
    [InlineData("shop.example;api.example", "localhost", true)]
    [InlineData("shop.example", "www.shop.example", false)]
    [InlineData("*", "rebound.example", true)]
    [InlineData("shop.example;*", "rebound.example", true)]
    public void names_that_are_given_are_known_as_they_are(string given, string host, bool admitted) =>
        Assert.Equal(admitted, Admits(new GatewayOptions { Hosts = given }, host));

    [Theory]
    [InlineData("http://127.0.0.1:8080", "keys", null, true)]
    [InlineData("http://127.0.0.1:8080", "keys", "shop.example", false)]
    [InlineData("http://0.0.0.0:8080", null, null, true)]
    [InlineData("http://127.0.0.1:8080;http://10.0.0.7:8080", null, null, true)]
    [InlineData("http://localhost:8080;https://[::1]:8443", null, null, false)]
    [InlineData("http://0.0.0.0:8080", null, "shop.example", false)]
    public void without_names_any_will_do_where_keys_are_asked_for_or_others_come(string urls, string? keys, string? hosts, bool admitted) =>
        Assert.Equal(admitted, Admits(new GatewayOptions { Urls = urls, KeyFile = keys, Hosts = hosts }, "silo-1:8081"));

    [Fact]
    public void who_was_let_in_lets_nobody_else_in()
    {
        var hosts = new KnownHosts(new GatewayOptions());

        Assert.True(hosts.Admits(Request("localhost:8080")));
        Assert.False(hosts.Admits(Request("rebound.example")));
        Assert.True(hosts.Admits(Request("localhost:8080")));
        Assert.False(hosts.Admits(Request("rebound.example")));
    }

    private static bool Admits(GatewayOptions options, string host) => new KnownHosts(options).Admits(Request(host));

    private static HttpRequest Request(string host)
    {
        var request = new DefaultHttpContext().Request;
        request.Headers.Host = host;
        return request;
    }
}
