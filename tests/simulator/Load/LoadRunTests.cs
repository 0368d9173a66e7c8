using PmOrleans.Simulator.Http;
using PmOrleans.Simulator.Load;

namespace PmOrleans.Simulator.Tests.Load;

public sealed class LoadRunTests
{
    [Fact]
    public async Task every_intended_request_is_sent_and_answered_once()
    {
        await using var server = new ScriptedServer(_ => Task.FromResult(200));

        var run = await LoadRun.RunAsync(Options(server.Url, 500), CancellationToken.None);

        Assert.Null(run.Interrupted);
        Assert.Equal(run.Load!.Intended, server.Requests);
        Assert.Equal(run.Load.Intended, run.Load.Decisions.Count);
        Assert.Equal(0, run.Load.Errors);
        Assert.Equal($"decision: 200", run.Load.Outcomes.Keys.Single());
    }

    [Fact]
    public async Task over_https_only_a_gateway_whose_certificate_is_trusted_gets_requests()
    {
        using var folder = new TemporaryFolder();
        using var its = ScriptedServer.Certificate("127.0.0.1");
        using var others = ScriptedServer.Certificate("127.0.0.2");
        var (itsFile, othersFile) = (folder.Write("its.pem", its.ExportCertificatePem()), folder.Write("others.pem", others.ExportCertificatePem()));
        await using var server = new ScriptedServer(_ => Task.FromResult(200), its);
        await using var misnamed = new ScriptedServer(_ => Task.FromResult(200), others);
        var options = Options(server.Url, 300);

        foreach (var (url, trust) in new[] { (server.Url, GatewayTrust.Machine), (server.Url, GatewayTrust.Of(othersFile, false)), (misnamed.Url, GatewayTrust.Of(othersFile, false)) })
        {
            var refused = await Assert.ThrowsAsync<InputException>(() => LoadRun.RunAsync(options with { Urls = [url], Trust = trust }, CancellationToken.None));
            Assert.Contains("certificate", refused.Message, StringComparison.Ordinal);
        }

        Assert.Equal(0, server.Requests + misnamed.Requests);
        foreach (var trust in new[] { GatewayTrust.Of(itsFile, false), GatewayTrust.Of(null, isBlind: true) })
        {
            var run = await LoadRun.RunAsync(options with { Trust = trust }, CancellationToken.None);
            Assert.Equal((run.Load!.Intended, 0), (run.Load.Outcomes["decision: 200"], run.Load.Errors));
        }
    }

    [Fact]
    public async Task a_server_that_stalls_is_charged_for_all_that_should_have_begun_meanwhile()
    {
        var stall = new TaskCompletionSource();
        await using var server = new ScriptedServer(async number =>
        {
            if (number == 100)
            {
                _ = Task.Delay(400).ContinueWith(_ => stall.SetResult(), TaskScheduler.Default);
            }

            if (number >= 100)
            {
                await stall.Task;
            }

            return 200;
        });

        // Two connections: both stand still with the server, and a closed loop would have sent two requests late instead of two hundred.
        var run = await LoadRun.RunAsync(Options(server.Url, 500) with { MaxConnections = 2, Arrivals = ArrivalKind.Constant }, CancellationToken.None);

        var latencies = run.Load!.Decisions;
        Assert.Equal(run.Load.Intended, latencies.Count);
        Assert.True(latencies.At(.9) > 50, $"p90 is {latencies.At(.9)} ms");

        // Both connections were busy; on a machine that is busy itself another reason may come first.
        Assert.NotNull(run.Load.Bottleneck);
    }

    [Fact]
    public async Task a_gateway_that_dies_is_reported_and_the_figures_up_to_then_are_kept()
    {
        await using var server = new ScriptedServer(number => Task.FromResult(number < 200 ? 200 : 0));

        var run = await LoadRun.RunAsync(Options(server.Url, 400) with { Duration = TimeSpan.FromMinutes(10) }, CancellationToken.None);

        Assert.StartsWith("no gateway answers any more", run.Interrupted, StringComparison.Ordinal);
        Assert.InRange(run.Load!.Outcomes["decision: 200"], 1, 199);
        Assert.True(run.Load.Errors > 0);
        Assert.True(run.Load.AnsweredRate > 0);
        Assert.DoesNotContain("connections busy", run.Load.Bottleneck ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public async Task of_two_gateways_one_goes_on_alone_when_the_other_dies()
    {
        await using var dying = new ScriptedServer(number => Task.FromResult(number < 50 ? 200 : 0));
        await using var living = new ScriptedServer(_ => Task.FromResult(200));

        var run = await LoadRun.RunAsync(Options(dying.Url, 200) with { Urls = [dying.Url, living.Url], Duration = TimeSpan.FromSeconds(9) }, CancellationToken.None);

        Assert.Null(run.Interrupted);
        Assert.True(living.Requests > 900, $"{living.Requests} requests");
        Assert.True(run.Load!.Errors > 0);
        Assert.DoesNotContain(run.Load.Outcomes.Keys, outcome => outcome.Contains("never sent", StringComparison.Ordinal));
    }

    [Fact]
    public async Task an_answer_that_is_not_what_the_request_must_get_is_an_error()
    {
        await using var server = new ScriptedServer(_ => Task.FromResult(200));

        var run = await LoadRun.RunAsync(Options(server.Url, 300) with { Faults = new FaultShares { Malformed = .5 } }, CancellationToken.None);

        Assert.Equal(run.Load!.Outcomes["malformed: 200 (not as it should be)"], run.Load.Errors);
        Assert.True(run.Load.Errors > 50);
    }

    [Fact]
    public async Task a_run_that_is_stopped_reports_what_was_sent()
    {
        using var stop = new CancellationTokenSource();
        await using var server = new ScriptedServer(number =>
        {
            if (number == 100)
            {
                stop.Cancel();
            }

            return Task.FromResult(200);
        });

        var run = await LoadRun.RunAsync(Options(server.Url, 200) with { Duration = TimeSpan.FromMinutes(10) }, stop.Token);

        Assert.Equal("stopped by the user", run.Interrupted);
        Assert.InRange(run.Load!.Decisions.Count, 100, server.Requests);
    }

    [Fact]
    public async Task the_highest_rate_that_holds_an_objective_is_found_between_what_held_and_what_broke()
    {
        // A second each at 40 to warm up and at 40, 80 and 160 is 320 requests, all answered well; most at 320 a second are not, and none after them. What misses is tried twice.
        await using var server = new ScriptedServer(number => Task.FromResult(number <= 400 ? 200 : 500));

        var run = await LoadRun.RunAsync(
            Options(server.Url, 40) with { Slo = Slo.Parse("p75=5000ms"), Trial = TimeSpan.FromSeconds(1), Arrivals = ArrivalKind.Constant }, CancellationToken.None);

        Assert.Equal(160, run.Load!.HighestRate);
        Assert.Equal("40 80 160 320 320 240 240 200 200 180 180 170 170 165 165", string.Join(' ', run.Load.Trials.Select(trial => trial.Rate)));
        Assert.Equal(3, run.Load.Trials.Count(trial => trial.Held));
    }

    [Fact]
    public async Task answers_slower_than_the_objective_hold_at_no_rate()
    {
        await using var server = new ScriptedServer(async _ =>
        {
            await Task.Delay(400);
            return 200;
        });

        var run = await LoadRun.RunAsync(
            Options(server.Url, 8) with { Slo = Slo.Parse("p75=300ms"), Trial = TimeSpan.FromSeconds(1), Arrivals = ArrivalKind.Constant }, CancellationToken.None);

        Assert.Equal(0, run.Load!.HighestRate);
        Assert.All(run.Load.Trials, trial => Assert.True(trial is { Held: false, Errors: 0, LatencyMs: 0 or > 300 }, $"{trial}"));
    }

    [Fact]
    public async Task a_gateway_that_is_not_there_is_refused_at_once()
    {
        var url = new Uri("http://127.0.0.1:9");

        var refused = await Assert.ThrowsAsync<InputException>(() => LoadRun.RunAsync(Options(url, 10), CancellationToken.None));

        Assert.Contains("does not answer", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1.5, 3, 0, .2, .5, null)]
    [InlineData(5, 6, 0, .2, .5, "began to send late")]
    [InlineData(.5, 6, 0, .95, .99, "used 95 %")]
    [InlineData(.5, 6, 100, .2, .5, "connections busy")]
    [InlineData(.5, 6, 0, .4, .99, "processors were busy")]
    public void the_generator_says_when_it_was_itself_the_bottleneck(double lag, double latency, long busy, double own, double machine, string? reason)
    {
        var verdict = Bottleneck.Of(lag, latency, busy, 1000, own, machine, 8);

        if (reason is null)
        {
            Assert.Null(verdict);
        }
        else
        {
            Assert.Contains(reason, verdict, StringComparison.Ordinal);
        }
    }

    private static LoadOptions Options(Uri url, double rate) => new()
    {
        Urls = [url], Rate = rate, Duration = TimeSpan.FromSeconds(1), DecisionShare = 1, Placements = ["home.hero"], Customers = 1000,
        LookEvery = TimeSpan.Zero,
    };
}
