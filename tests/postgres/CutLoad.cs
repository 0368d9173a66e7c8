using System.Collections.Concurrent;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Engine;
using PmOrleans.Node.Port;
using PmOrleans.Node.Time;

namespace PmOrleans.Node.Tests.Log;

/// <summary>Requests of some customers at once on any of some nodes, which keep the customers in memory or pass them on, as it comes; and what was acknowledged of them.</summary>
/// <param name="nodes">Those that are asked.</param>
internal sealed class CutLoad(NodesWithOwners cluster, SimulatedClock clock, int seed, Func<string[]> nodes)
{
    private readonly ConcurrentDictionary<string, int> _views = [];
    private readonly ConcurrentDictionary<string, bool> _erased = [];
    private readonly ConcurrentDictionary<string, int> _under = [];
    private int _done;

    public async Task RunAsync(int worker, int requests)
    {
        var random = new Random((100 * seed) + worker);
        for (var i = 0; i < requests; i++)
        {
            clock.AdvanceTo(clock.NowMicros() + (long)(TimeSpan.FromMinutes(30) * random.NextDouble()).TotalMicroseconds);
            var (customer, id) = ($"c-{random.Next(ClusterLife.Customers)}", $"{worker}-{i}");
            switch (random.Next(6))
            {
                case < 2:
                    await SureAsync(random, customer, async node => (await node.DecideAsync(new DecisionRequest { DecisionId = "d-" + id, CustomerId = customer, Placements = [new PlacementRequest("p", 2, [])] })).Refusal is null);
                    await SendAsync("impression", "i-" + id);
                    if (random.Next(2) == 0) await SendAsync("click", "k-" + id);
                    break;
                case 2:
                    await SendAsync("purchase", "p-" + id);
                    break;
                default:
                    await SendAsync("view", "v-" + id);
                    _views.AddOrUpdate(customer, 1, static (_, count) => count + 1);
                    break;
            }

            Interlocked.Increment(ref _done);

            Task SendAsync(string type, string message) => SureAsync(random, customer, async node => (await node.IngestAsync([new Touchpoint
            {
                CustomerId = customer,
                Type = type,
                MessageId = message,
                DecisionId = type is "view" or "purchase" ? null : "d-" + id,
                ValueMicros = type == "purchase" ? 40_000_000L : null,
            }])).Value is { Accepted: 1 } or { Duplicates: 1 });
        }
    }

    /// <summary>Everybody does something once more, on a node that is asked: what a node that is gone had not saved is saved there.</summary>
    public async Task TouchAsync()
    {
        for (var i = 0; i < ClusterLife.Customers; i++)
        {
            var (customer, message) = ($"c-{i}", $"last-{i}");
            await SureAsync(new Random(i), customer, async node => (await node.IngestAsync([new Touchpoint { CustomerId = customer, Type = "view", MessageId = message }])).Value is { Accepted: 1 } or { Duplicates: 1 });
            _views.AddOrUpdate(customer, 1, static (_, count) => count + 1);
        }
    }

    public async Task UntilAsync(int requests)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        while (Volatile.Read(ref _done) < requests) await Task.Delay(1, limit.Token);
    }

    /// <summary>Completes when nobody waits for an answer of a node that is asked nothing more.</summary>
    public async Task LeftAsync(string node)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        while (_under.GetValueOrDefault(node) > 0) await Task.Delay(1, limit.Token);
    }

    public async Task EraseAsync(string customer)
    {
        _erased[customer] = true;
        await SureAsync(new Random(seed), customer, async node => (await node.EraseAsync(customer)).Refusal is null or { Kind: RefusalKind.NotFound });
    }

    /// <summary>Every view that was acknowledged is in its customer's profile, once.</summary>
    public async Task CheckAsync()
    {
        foreach (var (customer, views) in _views.Where(entry => !_erased.ContainsKey(entry.Key)))
        {
            foreach (var engine in cluster.Living)
            {
                await engine.ReleaseAsync(engine.KeyOf(customer));
                var touched = (await engine.ReadCustomerAsync(customer)).Value!.Touchpoints.Where(touch => touch.Type == "view").Sum(touch => touch.Count);
                Assert.Equal((customer, views), (customer, (int)touched));
            }
        }
    }

    /// <summary>Asks until it is answered, under the same ids: a node that has a customer of before in memory may refuse some times.</summary>
    private async Task SureAsync(Random random, string customer, Func<NodeEngine, Task<bool>> ask)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        while (true)
        {
            limit.Token.ThrowIfCancellationRequested();
            var name = nodes() is var among ? among[random.Next(among.Length)] : "";
            _under.AddOrUpdate(name, 1, static (_, count) => count + 1);
            try
            {
                // Since it was counted the node may have left.
                if (!nodes().Contains(name)) continue;
                var engine = cluster.Node(name);
                var isDone = await ask(engine);
                if (random.Next(3) == 0) await engine.ReleaseAsync(engine.KeyOf(customer));
                if (isDone) return;
            }
            finally
            {
                _under.AddOrUpdate(name, 0, static (_, count) => count - 1);
            }
        }
    }
}
