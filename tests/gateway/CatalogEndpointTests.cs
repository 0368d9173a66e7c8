using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Tests;

public sealed class CatalogEndpointTests
{
    private static readonly byte[] Bundle = "{\"files\":{}}"u8.ToArray();

    [Fact]
    public async Task the_live_catalog_can_be_read_edited_and_sent_back()
    {
        await using var edge = await Edge.StartAsync();
        var read = await edge.GetAsync("/v1/catalog");

        var published = await edge.SendAsync(HttpMethod.Put, "/v1/catalog", System.Text.Encoding.UTF8.GetBytes(read.Text), "application/json", ("If-Match", read.Headers["ETag"]));
        var unchanged = await edge.SendAsync(HttpMethod.Get, "/v1/catalog", null, null, ("If-None-Match", published.Headers["ETag"]));

        Assert.Equal("\"v7\"", read.Headers["ETag"]);
        Assert.Equal(200, published.Status);
        Assert.Equal("\"v8\"", published.Headers["ETag"]);
        Assert.Equal(8, published.Json.GetProperty("version").GetInt32());
        Assert.Equal([7], edge.Node.PublishedAgainst.ToArray());
        Assert.Equal(304, unchanged.Status);
        Assert.Equal("", unchanged.Text);
    }

    [Theory]
    [InlineData("/v1/catalog/validate", "{\"files\":{}}")]
    [InlineData("/v1/preview", """{"customerId":"c","placements":[{"id":"a"}]}""")]
    public async Task a_byte_order_mark_before_a_catalog_or_its_trial_is_no_mistake(string path, string body)
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.PostAsync(path, "\uFEFF" + body);

        Assert.Equal(200, answer.Status);
    }

    [Fact]
    public async Task a_publish_on_an_older_version_is_a_412_that_tells_the_live_one()
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.SendAsync(HttpMethod.Put, "/v1/catalog", Bundle, "application/json", ("If-Match", "\"v6\""));

        answer.AssertProblem(412);
        Assert.Equal(7, answer.Json.GetProperty("version").GetInt32());
        Assert.Equal("\"v7\"", answer.Headers["ETag"]);
        Assert.Empty(edge.Node.PublishedAgainst);
    }

    [Fact]
    public async Task over_a_live_catalog_a_publish_must_say_what_it_has_seen()
    {
        await using var edge = await Edge.StartAsync();

        var without = await edge.SendAsync(HttpMethod.Put, "/v1/catalog", Bundle);
        var any = await edge.SendAsync(HttpMethod.Put, "/v1/catalog", Bundle, "application/json", ("If-Match", "*"));

        without.AssertProblem(428);
        Assert.Equal(200, any.Status);
        Assert.Equal([null], edge.Node.PublishedAgainst.ToArray());
    }

    [Fact]
    public async Task the_first_publish_needs_no_if_match_and_loses_to_another_first_one()
    {
        await using var edge = await Edge.StartAsync(node: new FakeNode { LiveVersion = 0 });

        var read = await edge.GetAsync("/v1/catalog");
        var first = await edge.SendAsync(HttpMethod.Put, "/v1/catalog", Bundle);

        read.AssertProblem(404);
        Assert.Equal(200, first.Status);
        Assert.Equal([0], edge.Node.PublishedAgainst.ToArray());
    }

    [Theory]
    [InlineData("v7")]
    [InlineData("W/\"v7\"")]
    [InlineData("\"7\"")]
    [InlineData("\"v7\", \"v8\"")]
    [InlineData("\"v-1\"")]
    public async Task an_if_match_that_is_no_version_is_named(string value)
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.SendAsync(HttpMethod.Put, "/v1/catalog", Bundle, "application/json", ("If-Match", value));

        answer.AssertProblem(400);
        Assert.Single(answer.ErrorsOf("If-Match"));
        Assert.Empty(edge.Node.PublishedAgainst);
    }

    [Fact]
    public async Task a_catalog_with_errors_is_a_422_with_every_problem()
    {
        var node = new FakeNode { OnPublish = (_, _) => new PublishAnswer(false, 7, null, [Samples.CatalogWarning, Samples.CatalogError], []) };
        await using var edge = await Edge.StartAsync(node: node);

        var answer = await edge.SendAsync(HttpMethod.Put, "/v1/catalog", Bundle, "application/json", ("If-Match", "\"v7\""));

        answer.AssertProblem(422);
        var problem = answer.Json.GetProperty("problems")[0];
        Assert.Equal("error", problem.GetProperty("severity").GetString());
        Assert.Equal(3, problem.GetProperty("line").GetInt32());
        Assert.Equal("compare it", problem.GetProperty("hint").GetString());
        Assert.False(answer.Json.GetProperty("problems")[1].TryGetProperty("line", out _));
    }

    [Fact]
    public async Task validating_tells_errors_and_warnings_and_changes_nothing()
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.SendAsync(HttpMethod.Post, "/v1/catalog/validate", Bundle);

        Assert.Equal(200, answer.Status);
        Assert.False(answer.Json.GetProperty("valid").GetBoolean());
        Assert.Equal(1, answer.Json.GetProperty("errors").GetArrayLength());
        Assert.Equal(1, answer.Json.GetProperty("warnings").GetArrayLength());
        Assert.Equal(0, edge.Node.Calls);
    }
}
