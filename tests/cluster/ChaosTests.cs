using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Xunit.Abstractions;

namespace PmOrleans.Cluster.Tests;

/// <summary>
/// What may befall a cluster, under load, with real processes and a real database. After each: nothing acknowledged is lost, nothing is doubled, no cap or budget
/// is exceeded, by the verifier's recount over all nodes. How long it took is reported and not judged: a machine may be slow.
/// </summary>
public sealed class ChaosTests(ClusterFixture fixture, ITestOutputHelper output) : IClassFixture<ClusterFixture>
{
    private readonly LocalCluster _cluster = fixture.Cluster;

    [ClusterFact]
    public async Task a_rolling_restart_fails_no_request_at_the_gateways_that_remain()
    {
        await using var load = await StartLoadAsync("roll");
        var failed = new List<string>();
        for (var silo = 1; silo <= ClusterFixture.Silos; silo++)
        {
            int[] others = [.. Enumerable.Range(1, ClusterFixture.Silos).Where(other => other != silo)];

            // As a balancer does whose health check fails: the silo that goes says 503 at once.
            load.Close(silo);
            load.Mark();
            await _cluster.StopAsync(silo);
            await load.UntilEverybodyIsServedAsync();
            var stopping = load.FailuresAt(others);
            if (stopping > 0)
            {
                failed.Add($"{stopping} while silo {silo} stopped: {load.Told()}");
            }

            output.Say($"rolling restart: silo {silo} stopped: {stopping} failed requests at the others, longest without an answer {ChaosReport.Seconds(load.LongestGap(1, 2, 3))}");
            load.Mark();
            await _cluster.StartAsync(silo);
            load.Reopen(silo);
            await load.UntilEverybodyIsServedAsync();
            output.Say($"rolling restart: silo {silo} started: {load.FailuresAt(1, 2, 3)} failed requests, longest without an answer {ChaosReport.Seconds(load.LongestGap(1, 2, 3))}");
        }

        await CheckAsync(load);
        Assert.True(failed.Count == 0, "Requests failed at the gateways that remained:\n" + string.Join('\n', failed));
    }

    [ClusterFact]
    public async Task a_silo_killed_under_load_loses_nothing_and_its_customers_are_served_by_the_others()
    {
        await using var load = await StartLoadAsync("kill");
        load.Mark();
        await _cluster.KillAsync(2);
        await load.UntilEverybodyIsServedAsync();

        output.Say($"kill -9: longest without an answer: customers of the dead silo {ChaosReport.Seconds(load.LongestGap(2))}, of the others {ChaosReport.Seconds(load.LongestGap(1, 3))}");
        var free = await UntilMoneyIsSpentAsync();
        output.Say($"kill -9: its leases were free, and the whole budget spent, after {ChaosReport.Seconds(free)} of demand");
        await _cluster.StartAsync(2);
        await load.UntilEverybodyIsServedAsync();
        await CheckAsync(load);
    }

    [ClusterFact]
    public async Task ten_seconds_without_the_database_refuse_and_lose_nothing()
    {
        await using var load = await StartLoadAsync("database");
        load.Mark();
        await _cluster.StopPostgresAsync();
        await Task.Delay(TimeSpan.FromSeconds(10));
        var starting = Stopwatch.GetTimestamp();
        await _cluster.StartPostgresAsync();
        var started = Stopwatch.GetElapsedTime(starting);
        await load.UntilEverybodyIsServedAsync();

        output.Say($"database away 10 s, and {ChaosReport.Seconds(started)} for its own start: longest without an answer {ChaosReport.Seconds(load.LongestGap(1, 2, 3))}");
        for (var silo = 1; silo <= ClusterFixture.Silos; silo++)
        {
            Assert.True(await _cluster.IsRunningAsync(silo), await _cluster.StatusAsync());
        }

        await CheckAsync(load);
    }

    [ClusterFact]
    public async Task a_silo_frozen_until_it_is_thought_dead_writes_nothing_when_it_wakes_and_ends_itself()
    {
        await using var load = await StartLoadAsync("freeze");
        load.Mark();
        await _cluster.FreezeAsync(3);
        await load.UntilEverybodyIsServedAsync();
        output.Say($"frozen: longest without an answer: customers of the frozen silo {ChaosReport.Seconds(load.LongestGap(3))}, of the others {ChaosReport.Seconds(load.LongestGap(1, 2))}");

        load.Mark();
        var woken = Stopwatch.GetTimestamp();
        await _cluster.ThawAsync(3);
        await _cluster.UntilEndedAsync(3);
        output.Say($"thawed: it ended itself after {ChaosReport.Seconds(Stopwatch.GetElapsedTime(woken))}");
        await load.UntilEverybodyIsServedAsync();
        await _cluster.StartAsync(3);
        await load.UntilEverybodyIsServedAsync();
        await CheckAsync(load);
    }

    private async Task<ClusterLoad> StartLoadAsync(string name)
    {
        await fixture.UpAsync();
        var load = new ClusterLoad(_cluster, name);
        load.Start();
        await load.UntilEverybodyIsServedAsync(5);
        return load;
    }

    private async Task CheckAsync(ClusterLoad load)
    {
        await load.CheckAnswersAsync();
        var report = await _cluster.VerifyAsync();
        output.Say(report.Split('\n')[0]);
    }

    /// <summary>Asks for what costs money until the whole budget is settled: what a dead silo had leased must be free for that.</summary>
    private async Task<TimeSpan> UntilMoneyIsSpentAsync()
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
        var began = Stopwatch.GetTimestamp();
        var n = 0;
        await UntilAsync(
            async () =>
            {
                await Parallel.ForEachAsync(Enumerable.Range(0, 500), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (_, cancellation) =>
                {
                    var number = Interlocked.Increment(ref n);
                    using var answer = await client.PostAsJsonAsync(
                        new Uri(_cluster.UrlOf(number % 2 == 0 ? 1 : 3), "/v1/decisions"),
                        new { decisionId = $"spend-{number}", customerId = $"spender-{number}", placements = new[] { new { id = "paid", count = 1 } } },
                        cancellation);
                });
                var campaign = await client.GetFromJsonAsync<JsonElement>(new Uri(_cluster.UrlOf(1), "/v1/campaigns/money"));
                var total = campaign.GetProperty("total");
                return total.GetProperty("settled").GetDecimal() >= 0.99m * total.GetProperty("budget").GetDecimal();
            },
            "The budget is not spent");
        return Stopwatch.GetElapsedTime(began);
    }

    private static async Task UntilAsync(Func<Task<bool>> holds, string otherwise)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        while (!await holds())
        {
            Assert.False(timeout.IsCancellationRequested, otherwise + " after 120 s.");
            await Task.Delay(100, CancellationToken.None);
        }
    }
}
