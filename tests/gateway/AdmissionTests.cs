using PmOrleans.Decisioning.Decisions;
using PmOrleans.Gateway.Http;
using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Tests;

/// <summary>P9: overload is refused early, before anything is applied.</summary>
public sealed class AdmissionTests
{
    [Theory]
    [InlineData("POST", "/v1/decisions")]
    [InlineData("POST", "/v1/touchpoints")]
    [InlineData("PUT", "/v1/catalog")]
    public async Task what_the_node_does_not_admit_is_refused_before_its_body_is_read(string method, string path)
    {
        var node = new FakeNode { AdmitRefusal = new Refusal(RefusalKind.Overloaded, "64 MiB are queued", RetryAfter: TimeSpan.FromSeconds(4)) };
        await using var edge = await Edge.StartAsync(node: node);

        var answer = await edge.SendAsync(new HttpMethod(method), path, "this is not even JSON"u8.ToArray());

        answer.AssertProblem(503);
        Assert.Equal("4", answer.Headers["Retry-After"]);
        Assert.Equal(0, node.Calls);
    }

    [Fact]
    public async Task with_a_slow_node_the_wait_is_bounded_and_the_rest_is_refused()
    {
        var time = new ManualTime();
        var release = new TaskCompletionSource();
        var node = new FakeNode
        {
            OnDecide = async (request, _) =>
            {
                await release.Task;
                return Samples.Decision("d", request.CustomerId, explain: false);
            },
        };
        await using var edge = await Edge.StartAsync(new GatewayOptions { MaxWaitMs = 100, DeadlineMs = 60_000 }, node, time: time);
        var first = edge.PostAsync("/v1/decisions", Samples.DecisionJson);
        while (node.Decided.Count == 0)
        {
            await Task.Yield();
        }

        time.Advance(TimeSpan.FromMilliseconds(2_500));
        var refused = await edge.PostAsync("/v1/decisions", Samples.DecisionJson);
        release.SetResult();
        var finished = await first;
        var after = await edge.PostAsync("/v1/decisions", Samples.DecisionJson);

        refused.AssertProblem(503);
        Assert.Equal("3", refused.Headers["Retry-After"]);
        Assert.Equal(200, finished.Status);
        Assert.Equal(200, after.Status);
        Assert.Equal(2, node.Decided.Count);
    }

    [Fact]
    public async Task bytes_under_way_are_bounded()
    {
        var release = new TaskCompletionSource();
        var node = new FakeNode
        {
            OnDecide = async (request, _) =>
            {
                await release.Task;
                return Samples.Decision("d", request.CustomerId, explain: false);
            },
        };
        await using var edge = await Edge.StartAsync(new GatewayOptions { MaxInflightBytes = 100, DeadlineMs = 60_000 }, node);
        var first = edge.PostAsync("/v1/decisions", Samples.DecisionJson);
        while (node.Decided.Count == 0)
        {
            await Task.Yield();
        }

        var refused = await edge.PostAsync("/v1/decisions", Samples.DecisionJson);
        release.SetResult();
        await first;
        var after = await edge.PostAsync("/v1/decisions", Samples.DecisionJson);

        refused.AssertProblem(503);
        Assert.Contains("allowed are 100", refused.Text, StringComparison.Ordinal);
        Assert.Equal(200, after.Status);
    }

    [Fact]
    public void a_burst_after_a_quiet_time_is_not_taken_for_overload()
    {
        var time = new ManualTime();
        var wait = new WaitEstimate(time);
        for (var i = 0; i < 200; i++)
        {
            var began = wait.Begin();
            time.Advance(TimeSpan.FromMilliseconds(5));
            wait.End(began, counts: true);
        }

        for (var i = 0; i < 500; i++)
        {
            wait.Begin();
        }

        Assert.InRange(wait.EstimateMs(), 30, 60);
    }

    [Fact]
    public void with_nothing_under_way_somebody_may_always_try()
    {
        var time = new ManualTime();
        var wait = new WaitEstimate(time);
        for (var i = 0; i < 200; i++)
        {
            var began = wait.Begin();
            time.Advance(TimeSpan.FromSeconds(30));
            wait.End(began, counts: true);
        }

        Assert.Equal(0, wait.EstimateMs());
        wait.Begin();
        Assert.InRange(wait.EstimateMs(), 25_000, 31_000);
    }

    [Fact]
    public async Task what_keeps_a_node_from_serving_is_logged_and_that_it_serves_again()
    {
        var node = new FakeNode { NotReadyReasons = ["the log cannot be written", "database or disk is full"] };
        await using var edge = await Edge.StartAsync(node: node);

        await LoggedAsync("Warning Not ready: the log cannot be written; database or disk is full.");
        node.NotReadyReasons = [];
        await LoggedAsync("Information Ready again after ");

        Task LoggedAsync(string expected) => Wait.UntilAsync(() => edge.Logs.All.Contains(expected, StringComparison.Ordinal));
    }

    [Fact]
    public async Task a_process_is_ready_when_its_first_decision_is_answered_which_is_nobodys()
    {
        var (asked, release) = (new TaskCompletionSource<DecisionRequest>(), new TaskCompletionSource());
        var node = new FakeNode
        {
            OnDecide = async (request, _) =>
            {
                asked.SetResult(request);
                await release.Task;
                return new Refusal(RefusalKind.NotFound, "no such placement");
            },
        };
        await using var edge = await Edge.StartAsync(node: node, warmsUp: true);

        Assert.True((await asked.Task).DryRun);
        var cold = await edge.GetAsync("/readyz");
        release.SetResult();
        await Wait.UntilAsync(async () => (await edge.GetAsync("/readyz")).Status == 200);

        Assert.Equal(503, cold.Status);
        Assert.Equal("warming up", cold.Json.GetProperty("reasons")[0].GetString());
    }

    [Fact]
    public async Task on_a_stop_nothing_new_is_let_in_and_what_was_accepted_is_finished()
    {
        var release = new TaskCompletionSource();
        var node = new FakeNode
        {
            OnDecide = async (request, _) =>
            {
                await release.Task;
                return Samples.Decision("d", request.CustomerId, explain: false);
            },
        };
        await using var edge = await Edge.StartAsync(new GatewayOptions { DeadlineMs = 60_000 }, node, sockets: true);
        var accepted = edge.PostAsync("/v1/decisions", Samples.DecisionJson);
        while (node.Decided.Count == 0)
        {
            await Task.Yield();
        }

        var stopping = edge.App.StopAsync();
        var late = await edge.PostAsync("/v1/touchpoints", Samples.TouchpointJson);
        var capital = await edge.PostAsync("/V1/Touchpoints", Samples.TouchpointJson);
        var ready = await edge.GetAsync("/readyz");
        var alive = await edge.GetAsync("/healthz");
        var readyHead = await edge.SendAsync(HttpMethod.Head, "/readyz");
        var aliveHead = await edge.SendAsync(HttpMethod.Head, "/healthz");
        var waited = !stopping.IsCompleted;
        release.SetResult();
        var finished = await accepted;
        await stopping;

        Assert.True(waited);
        late.AssertProblem(503);
        Assert.Equal("1", late.Headers["Retry-After"]);
        capital.AssertProblem(503);
        Assert.Equal(503, ready.Status);
        Assert.Equal("stopping", ready.Json.GetProperty("reasons")[0].GetString());
        Assert.Equal(200, alive.Status);
        Assert.Equal((503, ""), (readyHead.Status, readyHead.Text));
        Assert.Equal((200, ""), (aliveHead.Status, aliveHead.Text));
        Assert.Equal(200, finished.Status);
        Assert.Empty(node.Ingested);
    }
}
