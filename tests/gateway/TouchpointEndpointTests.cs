using System.Text.Json;
using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Tests;

public sealed class TouchpointEndpointTests
{
    [Fact]
    public async Task one_object_an_array_and_lines_are_all_accepted()
    {
        await using var edge = await Edge.StartAsync();

        var one = await edge.PostAsync("/v1/touchpoints", Samples.TouchpointJson);
        var array = await edge.PostAsync("/v1/touchpoints?commit=sync", $"[{Samples.TouchpointJson},{Samples.TouchpointJson}]");
        var lines = await edge.PostAsync("/v1/touchpoints?commit=queued", $"{Samples.TouchpointJson}\r\n\n{Samples.TouchpointJson}", "application/x-ndjson");

        Assert.Equal((202, 1), (one.Status, one.Json.GetProperty("accepted").GetInt32()));
        Assert.Equal((202, 2), (array.Status, array.Json.GetProperty("accepted").GetInt32()));
        Assert.Equal((202, 2), (lines.Status, lines.Json.GetProperty("accepted").GetInt32()));
        Assert.Equal(5, edge.Node.Ingested.Count);
    }

    [Fact]
    public async Task what_is_queued_is_said_so_and_a_host_without_a_queue_applies_it()
    {
        await using var edge = await Edge.StartAsync();

        var applied = await edge.PostAsync("/v1/touchpoints?commit=queued", Samples.TouchpointJson);
        var sync = await edge.PostAsync("/v1/touchpoints", Samples.TouchpointJson);
        edge.Node.OnQueue = items => new IngestAnswer(0, 0, 1, [new RejectedTouchpoint(1, new Dictionary<string, string[]>(StringComparer.Ordinal) { ["at"] = ["is too far ahead"] })]) { Queued = items.Count - 1 };
        var queued = await edge.PostAsync("/v1/touchpoints?commit=queued", $"[{Samples.TouchpointJson},{Samples.TouchpointJson}]");

        Assert.Equal((202, 0, 1), (applied.Status, applied.Json.GetProperty("queued").GetInt32(), applied.Json.GetProperty("accepted").GetInt32()));
        Assert.False(sync.Json.TryGetProperty("queued", out _));
        Assert.Equal((202, 1, 0), (queued.Status, queued.Json.GetProperty("queued").GetInt32(), queued.Json.GetProperty("accepted").GetInt32()));
        Assert.Equal(1, queued.Json.GetProperty("rejected")[0].GetProperty("index").GetInt32());
        Assert.Equal(2, edge.Node.Ingested.Count);
    }

    [Fact]
    public async Task a_full_queue_is_a_503_with_a_time_to_come_again()
    {
        await using var edge = await Edge.StartAsync();
        edge.Node.OnQueue = _ => new Refusal(RefusalKind.Overloaded, "full", RetryAfter: TimeSpan.FromSeconds(2));

        var full = await edge.PostAsync("/v1/touchpoints?commit=queued", Samples.TouchpointJson);

        full.AssertProblem(503);
        Assert.Equal("2", full.Headers["Retry-After"]);
        Assert.Equal(202, (await edge.PostAsync("/v1/touchpoints", Samples.TouchpointJson)).Status);
    }

    [Fact]
    public async Task bad_items_are_rejected_by_index_and_good_ones_accepted()
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.PostAsync("/v1/touchpoints", $$"""[{{Samples.TouchpointJson}},{"customerId":"c"},5,{"customerId":"c","type":"x","Value":1}]""");

        Assert.Equal(202, answer.Status);
        Assert.Equal(1, answer.Json.GetProperty("accepted").GetInt32());
        var rejected = answer.Json.GetProperty("rejected");
        Assert.Equal([1, 2, 3], rejected.EnumerateArray().Select(item => item.GetProperty("index").GetInt32()).ToArray());
        Assert.Equal("is required", rejected[0].GetProperty("errors").GetProperty("type")[0].GetString());
        Assert.Contains("did you mean 'value'?", rejected[2].GetProperty("errors").GetProperty("Value")[0].GetString(), StringComparison.Ordinal);
        Assert.Single(edge.Node.Ingested);
    }

    [Fact]
    public async Task a_broken_line_is_rejected_alone()
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.PostAsync("/v1/touchpoints", $"{{\"customerId\":\n{Samples.TouchpointJson} {{}}\n{Samples.TouchpointJson}", "application/x-ndjson; charset=utf-8");

        Assert.Equal(202, answer.Status);
        Assert.Equal([0, 1], answer.Json.GetProperty("rejected").EnumerateArray().Select(item => item.GetProperty("index").GetInt32()).ToArray());
        Assert.Single(edge.Node.Ingested);
    }

    [Fact]
    public async Task when_none_is_accepted_the_answer_is_a_problem_with_the_list()
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.PostAsync("/v1/touchpoints", """[{"customerId":"c"},{"type":"view"}]""");

        answer.AssertProblem(400);
        Assert.Equal(2, answer.Json.GetProperty("rejected").GetArrayLength());
        Assert.Equal(0, edge.Node.Calls);
    }

    [Fact]
    public async Task a_single_wrong_touchpoint_has_errors_by_field_and_in_the_list()
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.PostAsync("/v1/touchpoints", """{"customerId":"c","type":"view","state":"granted","currency":"cny","at":"2026-11-21"}""");

        answer.AssertProblem(400);
        Assert.Single(answer.ErrorsOf("state"));
        Assert.Single(answer.ErrorsOf("currency"));
        Assert.Contains("time of day", answer.ErrorsOf("at").Single(), StringComparison.Ordinal);
        Assert.Equal(0, answer.Json.GetProperty("rejected")[0].GetProperty("index").GetInt32());
    }

    [Fact]
    public async Task what_the_node_rejects_is_merged_with_what_the_edge_rejected()
    {
        var node = new FakeNode
        {
            OnIngest = items => new IngestAnswer(1, 1, 1, [new RejectedTouchpoint(0, new Dictionary<string, string[]>(StringComparer.Ordinal) { ["at"] = ["is too far ahead"] })]),
        };
        await using var edge = await Edge.StartAsync(node: node);

        var answer = await edge.PostAsync("/v1/touchpoints", $"[{Samples.TouchpointJson},1,{Samples.TouchpointJson},{Samples.TouchpointJson}]");

        Assert.Equal(202, answer.Status);
        Assert.Equal([0, 1], answer.Json.GetProperty("rejected").EnumerateArray().Select(item => item.GetProperty("index").GetInt32()).ToArray());
        Assert.Equal(1, answer.Json.GetProperty("unprotected").GetInt32());
        Assert.Equal("without messageId a repeat counts again", answer.Json.GetProperty("hint").GetString());
    }

    [Fact]
    public async Task a_batch_over_the_limit_is_refused_whole()
    {
        await using var edge = await Edge.StartAsync();

        var thousand = await edge.PostAsync("/v1/touchpoints", "[" + string.Join(',', Enumerable.Repeat(Samples.TouchpointJson, 1_000)) + "]");
        var more = await edge.PostAsync("/v1/touchpoints", "[" + string.Join(',', Enumerable.Repeat(Samples.TouchpointJson, 1_001)) + "]");
        var lines = await edge.PostAsync("/v1/touchpoints", string.Join('\n', Enumerable.Repeat(Samples.TouchpointJson, 1_001)), "application/x-ndjson");

        Assert.Equal(202, thousand.Status);
        more.AssertProblem(413);
        lines.AssertProblem(413);
        Assert.Equal(1_000, edge.Node.Ingested.Count);
    }

    [Theory]
    [InlineData("?commit=later")]
    [InlineData("?comit=sync")]
    public async Task a_wrong_parameter_is_named(string query)
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.PostAsync("/v1/touchpoints" + query, Samples.TouchpointJson);

        answer.AssertProblem(400);
        Assert.Single(answer.ErrorsOf(query[1..].Split('=')[0]));
        Assert.Equal(0, edge.Node.Calls);
    }

    [Theory]
    [InlineData("1e-7", 0L)]
    [InlineData("0.30000000000000004", 300_000L)]
    [InlineData("59.9", 59_900_000L)]
    [InlineData("1E2", 100_000_000L)]
    [InlineData("1000000000000", 1_000_000_000_000_000_000L)]
    public async Task amounts_are_rounded_to_the_micro(string value, long micros)
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.PostAsync("/v1/touchpoints", $$"""{"customerId":"c","type":"purchase","value":{{value}}}""");

        Assert.Equal(202, answer.Status);
        Assert.Equal(micros, edge.Node.Ingested.Single().ValueMicros);
    }

    [Fact]
    public async Task identify_and_consent_say_what_they_set()
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.PostAsync("/v1/touchpoints",
            """[{"customerId":"c","type":"identify","set":{"tier":"gold"},"unset":["age"]},{"customerId":"c","type":"consent","purpose":"ads","state":"denied"}]""");

        Assert.Equal(202, answer.Status);
        Assert.Equal("tier", edge.Node.Ingested[0].Set.Single().Name);
        Assert.Equal("age", edge.Node.Ingested[0].Unset.Single());
        Assert.Equal(("ads", false), (edge.Node.Ingested[1].Purpose, edge.Node.Ingested[1].Granted));
        Assert.Equal(JsonValueKind.Array, answer.Json.GetProperty("rejected").ValueKind);
    }
}
