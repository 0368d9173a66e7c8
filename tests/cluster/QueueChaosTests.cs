using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Xunit.Abstractions;

namespace PmOrleans.Cluster.Tests;

/// <summary>Queued touchpoints whose silo dies behind the 202: all of them arrive, once and in order, with and without a message id.</summary>
public sealed class QueueChaosTests(ClusterFixture fixture, ITestOutputHelper output) : IClassFixture<ClusterFixture>
{
    private const int Customers = 24;

    [ClusterFact]
    public async Task what_a_killed_silo_had_queued_is_delivered_by_the_others()
    {
        var cluster = fixture.Cluster;
        await fixture.UpAsync();
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(15) };
        var killed = new TaskCompletionSource();
        var acknowledged = new List<int>[Customers];
        var senders = Enumerable.Range(0, Customers).Select(customer => Task.Run(async () =>
        {
            acknowledged[customer] = [];
            for (var n = 0; !killed.Task.IsCompleted; n++)
            {
                // Every third time without an id: what had no answer may then be there or not, and is told apart by its number.
                var touchpoint = new { customerId = $"queued-{customer}", messageId = n % 3 == 0 ? null : $"{n}", type = "view", properties = new { n } };
                try
                {
                    using var answer = await client.PostAsJsonAsync(new Uri(cluster.UrlOf(2), "/v1/touchpoints?commit=queued"), touchpoint);
                    if (answer.StatusCode == HttpStatusCode.Accepted)
                    {
                        acknowledged[customer].Add(n);
                    }
                }
                catch (Exception lost) when (lost is HttpRequestException or TaskCanceledException or IOException)
                {
                    return;
                }
            }
        })).ToList();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        while (acknowledged.Sum(numbers => numbers?.Count ?? 0) < 2000)
        {
            await Task.Delay(5, limit.Token);
        }

        await cluster.KillAsync(2);
        killed.SetResult();
        await Task.WhenAll(senders);

        for (var customer = 0; customer < Customers; customer++)
        {
            var arrived = await UntilArrivedAsync(client, cluster, $"queued-{customer}", acknowledged[customer]);
            Assert.Equal(arrived.Order(), arrived);
            Assert.Equal(arrived.Distinct(), arrived);
            Assert.Subset(arrived.ToHashSet(), acknowledged[customer].ToHashSet());
        }

        output.Say($"queue: {acknowledged.Sum(numbers => numbers.Count)} touchpoints were acknowledged by the silo that was killed; all arrived once, in order");
        await cluster.StartAsync(2);
        output.Say((await cluster.VerifyAsync()).Split('\n')[0]);
    }

    private static async Task<List<int>> UntilArrivedAsync(HttpClient client, LocalCluster cluster, string customer, List<int> acknowledged)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        while (true)
        {
            var numbers = new List<int>();
            for (long? after = 0; after is not null;)
            {
                using var answer = await client.GetAsync(new Uri(cluster.UrlOf(1), $"/v1/customers/{customer}/facts?limit=1000&after={after}"), limit.Token);
                if (!answer.IsSuccessStatusCode)
                {
                    break;
                }

                var page = await answer.Content.ReadFromJsonAsync<JsonElement>(limit.Token);
                numbers.AddRange(page.GetProperty("facts").EnumerateArray()
                    .Where(fact => fact.GetProperty("kind").GetString() == "touchpoint")
                    .Select(fact => fact.GetProperty("touchpoint").GetProperty("properties").GetProperty("n").GetInt32()));
                after = page.GetProperty("next") is { ValueKind: JsonValueKind.Number } next ? next.GetInt64() : null;
            }

            if (acknowledged.TrueForAll(numbers.Contains))
            {
                return numbers;
            }

            await Task.Delay(50, limit.Token);
        }
    }
}
