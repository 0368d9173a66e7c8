using System.Text.Json;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Gateway.Decisions;
using PmOrleans.Gateway.Json;
using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Tests;

public sealed class DecisionEndpointTests
{
    [Fact]
    public async Task a_decision_is_not_asked_for_in_the_address()
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.PostAsync("/v1/decisions?dryRun=true&explain=true", Samples.DecisionJson);

        Assert.Contains("takes none in its address", Assert.Single(answer.AssertProblem(400).ErrorsOf("dryRun")), StringComparison.Ordinal);
        Assert.Single(answer.ErrorsOf("explain"));
        Assert.Equal(0, edge.Node.Calls);
    }

    [Fact]
    public async Task everything_a_request_says_reaches_the_node()
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.PostAsync("/v1/decisions", """
            { "decisionId": " d-9 ", "customerId": "c-42", "deadlineMs": 100,
              "placements": [ { "id": "home.hero", "count": 2, "exclude": ["offer-9"] }, { "id": "cart" } ],
              "context": { "channel": "web", "age": 41, "new": false, "tags": ["a"], "none": null },
              "touchpoints": [ { "type": "purchase", "value": 59.9, "currency": "CNY", "at": "2026-11-21T18:00:05.25+08:00" } ],
              "explain": true, "dryRun": true }
            """);

        Assert.Equal(200, answer.Status);
        var request = Assert.Single(edge.Node.Decided);
        Assert.Equal("d-9", request.DecisionId);
        Assert.Equal("c-42", request.CustomerId);
        Assert.Equal(100, request.DeadlineMs);
        Assert.Equal(["home.hero", "cart"], request.Placements.Select(placement => placement.Id).ToArray());
        Assert.Equal([2, 1], request.Placements.Select(placement => placement.Count));
        Assert.Equal(["offer-9"], request.Placements[0].Exclude);
        Assert.Equal(["channel", "age", "new", "tags", "none"], request.Context.Select(property => property.Name).ToArray());
        Assert.Equal(PropertyValue.OfJson("[\"a\"]"), request.Context[3].Value);
        var touchpoint = Assert.Single(request.Touchpoints);
        Assert.Equal("c-42", touchpoint.CustomerId);
        Assert.Equal(59_900_000, touchpoint.ValueMicros);
        Assert.Equal(Samples.At - 250 + 5_250_000, touchpoint.AtMicros);
        Assert.True(request.Explain);
        Assert.True(request.DryRun);
        Assert.NotEqual(0ul, request.BodyHash);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task the_written_answer_is_what_the_document_describes(bool explain)
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.PostAsync("/v1/decisions", $$"""{"customerId":"c-42","placements":[{"id":"home.hero"}],"explain":{{(explain ? "true" : "false")}}}""");

        var described = JsonSerializer.SerializeToElement(DecisionBody.From(Samples.Decision("d-1", "c-42", explain)), Bodies.Options);
        Assert.True(JsonElement.DeepEquals(described, answer.Json), answer.Text);
        Assert.Equal("2026-11-21T10:00:00.00025Z", answer.Json.GetProperty("at").GetString());
        Assert.Contains("秋天", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_candidate_has_its_numbers_or_why_it_was_removed()
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.PostAsync("/v1/decisions", """{"customerId":"c-42","placements":[{"id":"home.hero"}],"explain":true}""");

        var candidates = answer.Json.GetProperty("placements")[0].GetProperty("candidates").EnumerateArray().ToList();
        Assert.Equal(" budget-exhausted pacing", string.Join(' ', candidates.Select(candidate => candidate.TryGetProperty("reason", out var reason) ? reason.GetString() : "")));
        Assert.Equal([true, false, false], candidates.Select(candidate => candidate.TryGetProperty("rate", out _) && candidate.TryGetProperty("score", out _)));
        Assert.Equal([false, true, true], candidates.Select(candidate => !candidate.TryGetProperty("rate", out _) && !candidate.TryGetProperty("price", out _)));
    }

    [Fact]
    public async Task all_mistakes_are_told_at_once_and_nothing_is_decided()
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.PostAsync("/v1/decisions", """
            { "customerID": "c-42", "deadlineMs": 0,
              "placements": [ { "id": "a", "count": 99 }, { "id": "a" }, { "count": 1.5 }, 7 ],
              "touchpoints": [ {}, { "type": "view", "value": -1 }, { "type": "consent", "state": "maybe" } ],
              "context": { "x": "1", "x": "2" }, "at": "2026-11-21T10:00:00" }
            """);

        answer.AssertProblem(400);
        Assert.Equal(["is not a known field; did you mean 'customerId'?"], answer.ErrorsOf("customerID"));
        Assert.Equal(["is required"], answer.ErrorsOf("customerId"));
        Assert.Equal(["is 0; allowed are 1 to 60000, whole numbers"], answer.ErrorsOf("deadlineMs"));
        Assert.Equal(["is 99; allowed are 1 to 50, whole numbers"], answer.ErrorsOf("placements[0].count"));
        Assert.Single(answer.ErrorsOf("placements[2].count"));
        Assert.Equal(["is required"], answer.ErrorsOf("placements[2].id"));
        Assert.Equal(["must be an object, not a number"], answer.ErrorsOf("placements[3]"));
        Assert.Equal(["is required"], answer.ErrorsOf("touchpoints[0].type"));
        Assert.Equal(["is -1; allowed are 0 to 1000000000000"], answer.ErrorsOf("touchpoints[1].value"));
        Assert.Equal(["is required"], answer.ErrorsOf("touchpoints[2].purpose"));
        Assert.Single(answer.ErrorsOf("touchpoints[2].state"));
        Assert.Equal(["appears more than once"], answer.ErrorsOf("context.x"));
        Assert.Contains("needs an offset such as Z or +08:00", answer.ErrorsOf("at").Single(), StringComparison.Ordinal);
        Assert.Equal(0, edge.Node.Calls);
    }

    [Fact]
    public async Task a_touchpoint_of_another_customer_refuses_the_request()
    {
        await using var edge = await Edge.StartAsync();

        var answer = await edge.PostAsync("/v1/decisions",
            """{"touchpoints":[{"type":"view","customerId":"c-42"},{"type":"view","customerId":"c-43"}],"customerId":"c-42","placements":[{"id":"a"}]}""");

        answer.AssertProblem(400);
        Assert.Single(answer.ErrorsOf("touchpoints[1].customerId"));
        Assert.Equal(0, edge.Node.Calls);
    }

    [Theory]
    [InlineData(false, 400)]
    [InlineData(true, 200)]
    public async Task at_is_accepted_on_the_simulated_clock_only(bool simulated, int status)
    {
        await using var edge = await Edge.StartAsync(new GatewayOptions { SimulatedClock = simulated });

        var answer = await edge.PostAsync("/v1/decisions", """{"customerId":"c","placements":[{"id":"a"}],"at":"2026-11-21T10:00:00.00025Z"}""");

        Assert.Equal(status, answer.Status);
        Assert.Equal(simulated ? Samples.At : null, edge.Node.Decided.SingleOrDefault()?.AtMicros);
    }

    [Fact]
    public async Task a_deadline_that_passes_is_a_504_that_says_to_repeat()
    {
        var node = new FakeNode
        {
            OnDecide = async (_, cancellation) =>
            {
                await Task.Delay(Timeout.Infinite, cancellation);
                return new Refusal(RefusalKind.Unavailable, "never");
            },
        };
        await using var edge = await Edge.StartAsync(node: node);

        var answer = await edge.PostAsync("/v1/decisions", """{"decisionId":"d-1","customerId":"c","placements":[{"id":"a"}],"deadlineMs":20}""");

        answer.AssertProblem(504);
        Assert.Contains("may have been applied; repeat it with the same decisionId", answer.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_deadline_that_passed_ends_no_later_request()
    {
        var node = new FakeNode
        {
            OnDecide = async (request, cancellation) =>
            {
                if (request.DecisionId == "slow") await Task.Delay(Timeout.Infinite, cancellation);
                cancellation.ThrowIfCancellationRequested();
                return new Refusal(RefusalKind.NotFound, "nothing here");
            },
        };
        await using var edge = await Edge.StartAsync(node: node);

        for (var i = 0; i < 3; i++)
        {
            var slow = await edge.PostAsync("/v1/decisions", """{"decisionId":"slow","customerId":"c","placements":[{"id":"a"}],"deadlineMs":1}""");
            var next = await edge.PostAsync("/v1/decisions", """{"decisionId":"next","customerId":"c","placements":[{"id":"a"}],"deadlineMs":60000}""");

            slow.AssertProblem(504);
            next.AssertProblem(404);
        }
    }

    [Theory]
    [InlineData(RefusalKind.NotFound, 404)]
    [InlineData(RefusalKind.Conflict, 409)]
    [InlineData(RefusalKind.Erased, 410)]
    [InlineData(RefusalKind.Overloaded, 503)]
    [InlineData(RefusalKind.Unavailable, 503)]
    [InlineData(RefusalKind.DeadlineExceeded, 504)]
    [InlineData(RefusalKind.Invalid, 400)]
    public async Task every_refusal_of_the_node_has_its_status(RefusalKind kind, int status)
    {
        var node = new FakeNode { OnDecide = (_, _) => new(new Refusal(kind, "because", RetryAfter: TimeSpan.FromMilliseconds(2_100))) };
        await using var edge = await Edge.StartAsync(node: node);

        var answer = await edge.PostAsync("/v1/decisions", Samples.DecisionJson);

        answer.AssertProblem(status);
        Assert.Equal(status == 503 ? "3" : null, answer.Headers.GetValueOrDefault("Retry-After"));
    }

    [Fact]
    public async Task a_repeat_has_the_same_body_and_says_so_in_a_header()
    {
        var node = new FakeNode();
        await using var edge = await Edge.StartAsync(node: node);
        var first = await edge.PostAsync("/v1/decisions", Samples.DecisionJson);
        node.OnDecide = (request, _) =>
        {
            var answer = Samples.Decision("d-1", request.CustomerId, explain: false);
            return new(new DecisionAnswer
            {
                DecisionId = answer.DecisionId, CustomerId = answer.CustomerId, AtMicros = answer.AtMicros, CatalogVersion = answer.CatalogVersion,
                Repeated = true, Placements = answer.Placements,
            });
        };

        var second = await edge.PostAsync("/v1/decisions", Samples.DecisionJson);

        Assert.Equal(first.Text, second.Text);
        Assert.Equal("true", second.Headers["Idempotent-Replayed"]);
        Assert.False(first.Headers.ContainsKey("Idempotent-Replayed"));
    }
}
