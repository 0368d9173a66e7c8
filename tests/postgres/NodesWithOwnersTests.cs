using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Engine;
using PmOrleans.Node.Log;
using PmOrleans.Node.Owners;
using PmOrleans.Node.Verification;

namespace PmOrleans.Node.Tests.Log;

/// <summary>Several nodes that share budgets and models by way of owners, with the attacks of a cluster and the verifier's word after each.</summary>
public sealed class NodesWithOwnersTests
{
    private const int Offers = 100;
    // Worth so much that an offer nobody ever clicks still pays: what is counted here is the money.
    private const string Catalog = """
        catalog: { currency: EUR }
        metrics:
          views7d: count(view) over 7d
        segments:
          looking: { rule: metrics.views7d >= 1 }
        policies:
          default: { goal: { on: click, within: 30m }, exploration: { kind: epsilonGreedy, epsilon: 0.5, floor: 0.1 } }
        placements:
          p: { channel: web, slots: 1, fallback: { offer: f, content: {} } }
        campaigns:
          c:
            budget: { total: 37, settleOn: decision }
            offers:
              a: { placements: [p], value: 100000, cost: 0.37, content: {} }
        """;

    [LogFact]
    public async Task several_nodes_spend_one_budget_to_its_end_and_never_beyond()
    {
        await using var cluster = await ClusterAsync("a", "b", "c");

        Assert.Equal(Offers, await cluster.SpendAsync("a", "b", "c"));
        Assert.Equal(0, await cluster.DecideAsync("a", "b", "c"));

        await cluster.AssertCleanAsync();
    }

    [LogFact]
    public async Task what_a_dead_node_held_is_free_again_and_its_log_is_in_the_books()
    {
        await using var cluster = await ClusterAsync("a", "b");
        var before = await cluster.DecideAsync("a", "b");
        await cluster.DieAsync("a");

        await cluster.TakeOverAsync("a", by: "b");

        Assert.Equal(Offers, before + await cluster.SpendAsync("b"));
        await cluster.AssertCleanAsync();
    }

    [LogFact]
    public async Task of_several_nodes_that_take_over_one_frees_the_leases()
    {
        await using var cluster = await ClusterAsync("a", "b", "c");
        var before = await cluster.DecideAsync("a", "b", "c");
        await cluster.DieAsync("a");

        var freed = await Task.WhenAll(cluster.TakeOverAsync("a", by: "b"), cluster.TakeOverAsync("a", by: "c"));

        // Who comes when all is freed and folded is told that nothing is left.
        Assert.Single(freed, amount => amount > 0);
        Assert.Equal(Offers, before + await cluster.SpendAsync("b", "c"));
        await cluster.AssertCleanAsync();
    }

    [LogFact]
    public async Task one_who_dies_while_taking_over_leaves_the_rest_to_the_next()
    {
        await using var cluster = await ClusterAsync("a", "b", "c");
        var before = await cluster.DecideAsync("a", "b", "c");
        await cluster.DieAsync("a");
        await cluster.TakeOverAsync("a", by: "b");
        await cluster.DieAsync("b");

        await cluster.TakeOverAsync("b", by: "c");
        await cluster.TakeOverAsync("a", by: "c");

        Assert.Equal(Offers, before + await cluster.SpendAsync("c"));
        await cluster.AssertCleanAsync();
    }

    [LogFact]
    public async Task an_owner_that_is_lost_with_what_it_had_not_saved_is_told_again()
    {
        await using var cluster = await ClusterAsync("a", "b");
        var served = 0;
        for (var round = 0; round < 10; round++)
        {
            served += await cluster.DecideAsync("a", "b");
            if (round % 3 == 0) await cluster.Owners.SaveAsync();
            await cluster.Owners.LoseAsync();
        }

        served += await cluster.SpendAsync("a", "b");

        Assert.Equal(Offers, served);
        var report = await cluster.AssertCleanAsync();
        Assert.DoesNotContain(report.Notes, note => note.Contains("not compared", StringComparison.Ordinal));
    }

    [LogFact]
    public async Task a_customer_who_moves_from_node_to_node_is_counted_once_in_a_segment()
    {
        await using var cluster = await ClusterAsync("a", "b");
        foreach (var name in (string[])["a", "b", "a"])
        {
            for (var n = 0; n < 20; n++)
            {
                var reply = await cluster.Node(name).IngestAsync([new Touchpoint { CustomerId = $"m-{n}", Type = "view" }]);
                Assert.Equal(1, reply.Value!.Accepted);
                await cluster.Node(name).ReleaseAsync(cluster.Node(name).KeyOf($"m-{n}"));
            }
        }

        await cluster.AssertCleanAsync();
    }

    private static Task<Cluster> ClusterAsync(params string[] nodes) => Cluster.StartAsync(Catalog, nodes);

    private sealed class Cluster : IAsyncDisposable
    {
        private readonly string _catalog = Directory.CreateTempSubdirectory("pmorleans-catalog-").FullName;
        private readonly TestSchema _schema = new();
        private readonly Dictionary<string, (NodeEngine Engine, ClusterAccounts Accounts, Takeover Takeover)> _nodes = new(StringComparer.Ordinal);
        private readonly HashSet<string> _dead = new(StringComparer.Ordinal);
        private PostgresStore _store = null!;
        private int _decisions;

        public OwnersInProcess Owners { get; private set; } = null!;

        public static async Task<Cluster> StartAsync(string catalog, string[] nodes)
        {
            var cluster = new Cluster();
            await File.WriteAllTextAsync(Path.Combine(cluster._catalog, "catalog.yaml"), catalog);
            foreach (var node in nodes) await cluster.StartAsync(node);

            // The first began alone; the others must have come so far before the total is handed out.
            foreach (var (engine, _, _) in cluster._nodes.Values) await engine.FollowAsync();
            return cluster;
        }

        public NodeEngine Node(string name) => _nodes[name].Engine;

        /// <summary>Twelve decisions at a time, spread over nodes.</summary>
        /// <returns>Those that were no fallback.</returns>
        public async Task<int> DecideAsync(params string[] nodes)
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(n =>
            {
                var number = Interlocked.Increment(ref _decisions);
                return Node(nodes[n % nodes.Length]).DecideAsync(
                    new DecisionRequest { DecisionId = $"d-{number}", CustomerId = $"c-{number}", Placements = [new PlacementRequest("p", 1, [])] }).AsTask();
            }));
            return answers.Sum(answer => answer.Value!.Placements[0].Offers.Count(offer => !offer.Fallback));
        }

        /// <summary>Demand until the whole budget is spent.</summary>
        public async Task<int> SpendAsync(params string[] nodes)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
            var served = 0;
            while (true)
            {
                served += await DecideAsync(nodes);
                var total = (await Node(nodes[0]).ReadCampaignAsync("c", limit.Token)).Value!.Total!;
                if (total.SettledMicros >= total.BudgetMicros) return served;
                await Task.Delay(5, limit.Token);
            }
        }

        /// <summary>The process is gone, as far as anybody can tell: it can write nothing, and tells no owner what it had not told yet.</summary>
        public async Task DieAsync(string name)
        {
            _dead.Add(name);
            Owners.Cut(Node(name).Epoch);
            await _store.SealAsync(name, Node(name).Epoch);
            await Node(name).DisposeAsync();
        }

        public async Task<long?> TakeOverAsync(string name, string by)
        {
            var (engine, _, takeover) = _nodes[by];
            var end = (await _store.NodesAsync()).Where(epoch => epoch.Node == name).Max(epoch => epoch.LastSequence);
            Assert.True(await takeover.FoldAsync(name, end));
            var freed = await takeover.FreeAsync(Node(name).Epoch, writtenOff: false);
            await engine.FoldedAsync();
            return freed;
        }

        public async Task<VerificationReport> AssertCleanAsync()
        {
            foreach (var (_, node) in _nodes.Where(node => !_dead.Contains(node.Key))) await node.Accounts.WaitAsync();

            await Owners.SaveAsync();
            var report = await StoreVerifier.VerifyPostgresAsync(_schema.Options.ConnectionString, _schema.Name);
            Assert.True(report.IsClean, report.ToText());
            return report;
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var (_, node) in _nodes.Where(node => !_dead.Contains(node.Key))) await node.Engine.DisposeAsync();
            Owners.Dispose();
            await _store.DisposeAsync();
            _schema.Dispose();
            Directory.Delete(_catalog, recursive: true);
        }

        private async Task StartAsync(string name)
        {
            var log = await _schema.OpenAsync(name);
            if (_nodes.Count == 0)
            {
                _store = await _schema.OpenStoreAsync();
                Owners = new OwnersInProcess(_store);
            }

            ClusterAccounts? accounts = null;
            var engine = await NodeEngine.StartAsync(log, new NodeEngineOptions { CatalogFolder = _catalog }, TimeProvider.System, new NodeHost
            {
                Announce = () => ValueTask.CompletedTask,
                Accounts = node => accounts = new ClusterAccounts(node, name, Owners, () => null),
                Budgets = node => new ClusterBudgets(Owners, node.Epoch, accounts!, TimeProvider.System),
            });
            _nodes.Add(name, (engine, accounts!, new Takeover(engine, accounts!, _store, Owners)));
        }
    }
}
