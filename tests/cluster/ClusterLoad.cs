using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace PmOrleans.Cluster.Tests;

/// <summary>
/// Customers at home at one gateway each, one loop a customer: decide, click what was shown, next. What fails is sent again with the same id, here and then at
/// the other gateways, as a front end does. Remembers every answer, and how long each customer had none.
/// </summary>
public sealed class ClusterLoad : IAsyncDisposable
{
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(3);

    private readonly LocalCluster _cluster;
    private readonly string _name;
    private readonly HttpClient _client = new(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(1), PooledConnectionIdleTimeout = TimeSpan.FromSeconds(5) }) { Timeout = RequestTimeout };
    private readonly CancellationTokenSource _stop = new();
    private readonly List<LoadCustomer> _customers;
    private readonly ConcurrentDictionary<int, bool> _closed = new();
    private Task _running = Task.CompletedTask;

    public ClusterLoad(LocalCluster cluster, string name, int customersPerSilo = 12)
    {
        (_cluster, _name) = (cluster, name);
        _customers = [.. Enumerable.Range(0, customersPerSilo * cluster.Silos).Select(n => new LoadCustomer($"{name}-c{n}", 1 + (n % cluster.Silos)))];
    }

    /// <summary>Decisions that were answered, with the offer of each.</summary>
    public ConcurrentDictionary<string, string> Answered { get; } = new(StringComparer.Ordinal);

    /// <summary>Message ids of touchpoints that were acknowledged.</summary>
    public ConcurrentDictionary<string, bool> Acknowledged { get; } = new(StringComparer.Ordinal);

    /// <summary>Requests that did not succeed at the gateway they were sent to, by gateway and how.</summary>
    public ConcurrentDictionary<(int Gateway, string How), int> Failures { get; } = new();

    public void Start() => _running = Task.WhenAll(_customers.Select(customer => Task.Run(() => LiveAsync(customer))));

    /// <summary>Begins to count afresh how long customers go without an answer, and forgets failures.</summary>
    public void Mark()
    {
        Failures.Clear();
        _customers.ForEach(customer => customer.Mark());
    }

    /// <summary>A front end that knows better (a load balancer that was told) sends nothing more there.</summary>
    public void Close(int gateway) => _closed[gateway] = true;

    public void Reopen(int gateway) => _closed.TryRemove(gateway, out _);

    /// <summary>Waits until every customer has had a number of answers more than now: whatever happened is over for all of them.</summary>
    public async Task UntilEverybodyIsServedAsync(int times = 3)
    {
        var before = _customers.ConvertAll(customer => customer.Answers);
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        while (_customers.Zip(before).Any(pair => pair.First.Answers < pair.Second + times))
        {
            if (timeout.IsCancellationRequested)
            {
                var starving = _customers.Zip(before).Where(pair => pair.First.Answers < pair.Second + times).Select(pair => $"{pair.First.Id} at home at {pair.First.Home}, last: {pair.First.LastFailure}");
                Assert.Fail($"Not served again within 120 s: {string.Join("; ", starving.Take(5))}\n{await _cluster.StatusAsync()}");
            }

            await Task.Delay(20, CancellationToken.None);
        }
    }

    /// <summary>The longest any customer at home there had no answer, since the mark.</summary>
    public TimeSpan LongestGap(params int[] homes) => _customers.Where(customer => homes.Contains(customer.Home)).Max(customer => customer.LongestGap);

    public int FailuresAt(params int[] gateways) => Failures.Where(failure => gateways.Contains(failure.Key.Gateway)).Sum(failure => failure.Value);

    /// <summary>What failed since the mark, and the last words of each customer that was refused.</summary>
    public string Told() => string.Join(
        "; ",
        Failures.Select(failure => $"{failure.Value} x {failure.Key.How} at gateway {failure.Key.Gateway}").Concat(_customers.Select(customer => customer.LastFailure).OfType<string>().Distinct(StringComparer.Ordinal).Take(5)));

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running;
    }

    /// <summary>Every decision that was answered is in its customer's history as it was answered, and every acknowledged touchpoint is there, each of them once.</summary>
    public async Task CheckAnswersAsync()
    {
        await StopAsync();
        Assert.True(Answered.Count > 50, $"only {Answered.Count} decisions were answered");
        var (offers, messages) = (new Dictionary<string, string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        foreach (var customer in _customers)
        {
            await foreach (var fact in HistoryAsync(customer.Id))
            {
                if (fact.TryGetProperty("decision", out var decision) && decision.ValueKind == JsonValueKind.Object)
                {
                    Assert.True(offers.TryAdd(decision.GetProperty("decisionId").GetString()!, OfferOf(decision)), $"decided twice: {decision}");
                }
                else if (fact.TryGetProperty("touchpoint", out var touchpoint) && touchpoint.ValueKind == JsonValueKind.Object)
                {
                    Assert.True(messages.Add(touchpoint.GetProperty("messageId").GetString()!), $"applied twice: {touchpoint}");
                }
            }
        }

        Assert.All(Answered, answer => Assert.Equal((answer.Key, answer.Value), (answer.Key, offers.GetValueOrDefault(answer.Key))));
        Assert.All(Acknowledged.Keys, message => Assert.True(messages.Contains(message), $"lost: {message}"));
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _client.Dispose();
        _stop.Dispose();
    }

    private static object Click(string customer, string message) =>
        new { messageId = message, customerId = customer, type = "click", decisionId = message[2..] };

    private static string OfferOf(JsonElement decision) => decision.GetProperty("placements")[0].GetProperty("offers")[0].GetProperty("offerId").GetString()!;

    private static async Task<JsonElement> AgainAsync(Func<Task<HttpResponseMessage>> ask)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                using var answer = await ask();
                if (answer.IsSuccessStatusCode)
                {
                    return await answer.Content.ReadFromJsonAsync<JsonElement>();
                }

                Assert.True(attempt < 100, $"still {(int)answer.StatusCode} after {attempt} attempts: {await answer.Content.ReadAsStringAsync()}");
            }
            catch (Exception lost) when (lost is HttpRequestException or TaskCanceledException && attempt < 100)
            {
                // Again, below.
            }

            await Task.Delay(100);
        }
    }

    private async IAsyncEnumerable<JsonElement> HistoryAsync(string customer)
    {
        for (long? after = 0; after is not null;)
        {
            var page = await AgainAsync(() => _client.GetAsync(new Uri(_cluster.UrlOf(1), $"/v1/customers/{customer}/facts?limit=1000&after={after}")));
            foreach (var fact in page.GetProperty("facts").EnumerateArray())
            {
                yield return fact;
            }

            after = page.GetProperty("next") is { ValueKind: JsonValueKind.Number } next ? next.GetInt64() : null;
        }
    }

    private async Task LiveAsync(LoadCustomer customer)
    {
        for (var n = 0; !_stop.IsCancellationRequested; n++)
        {
            var decision = $"{customer.Id}-d{n}";
            var placement = n % 2 == 0 ? "open" : "paid";
            if (await UntilAnsweredAsync(customer, "/v1/decisions", new { decisionId = decision, customerId = customer.Id, placements = new[] { new { id = placement, count = 1 } } }) is not { } answer)
            {
                return;
            }

            Answered[decision] = OfferOf(answer);
            var message = "m-" + decision;
            if (await UntilAnsweredAsync(customer, "/v1/touchpoints", Click(customer.Id, message)) is not { } taken)
            {
                return;
            }

            Assert.Equal(1, taken.GetProperty("accepted").GetInt32() + taken.GetProperty("duplicates").GetInt32());
            Acknowledged[message] = true;

            // Not a race: enough customers to keep every silo busy, few enough that the machine is not what fails.
            await Task.Delay(25);
        }
    }

    /// <summary>Sends until it is answered, at home first; <c>null</c> when the load is stopped meanwhile.</summary>
    private async Task<JsonElement?> UntilAnsweredAsync(LoadCustomer customer, string path, object body)
    {
        var began = Stopwatch.GetTimestamp();
        for (var attempt = 0; ; attempt++)
        {
            var gateway = 1 + ((customer.Home - 1 + attempt) % _cluster.Silos);
            if (_closed.ContainsKey(gateway))
            {
                continue;
            }

            string how;
            try
            {
                using var answer = await _client.PostAsJsonAsync(new Uri(_cluster.UrlOf(gateway), path), body);
                if (answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.Accepted)
                {
                    customer.Answered(began);
                    return await answer.Content.ReadFromJsonAsync<JsonElement>();
                }

                var text = await answer.Content.ReadAsStringAsync();
                Assert.True((int)answer.StatusCode is 503 or 504, $"{(int)answer.StatusCode} to {path} of {customer.Id}: {text}");
                how = $"{(int)answer.StatusCode}";
                customer.LastFailure = text;
            }
            catch (Exception lost) when (lost is HttpRequestException or TaskCanceledException or IOException)
            {
                how = lost is TaskCanceledException ? "timeout" : "connection";
                customer.LastFailure = $"gateway {gateway}: {lost.Message}";
            }

            Failures.AddOrUpdate((gateway, how), 1, (_, count) => count + 1);
            if (_stop.IsCancellationRequested)
            {
                return null;
            }

            await Task.Delay(20);
        }
    }
}
