using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Node.Catalog;
using PmOrleans.Node.Engine;
using PmOrleans.Node.Log;
using PmOrleans.Node.Owners;
using PmOrleans.Node.Port;
using PmOrleans.Node.Verification;

namespace PmOrleans.Node.Tests.Log;

/// <summary>Several nodes over one store, with owners in this process, as a cluster without grains.</summary>
internal sealed class NodesWithOwners : IAsyncDisposable
{
    private readonly string _catalog = Directory.CreateTempSubdirectory("pmorleans-catalog-").FullName;
    private readonly Dictionary<string, (NodeEngine Engine, ClusterAccounts Accounts, Takeover Takeover)> _nodes = new(StringComparer.Ordinal);
    private readonly HashSet<string> _dead = new(StringComparer.Ordinal);
    private PostgresStore? _store;
    private int _decisions;

    /// <summary>Of nodes that are started from here on, by name.</summary>
    public Func<string, NodeEngineOptions, NodeEngineOptions> Configure { get; set; } = static (_, options) => options;

    /// <summary>Stands before every visit of a sweep; <c>false</c>: the customer is not reached.</summary>
    public Func<UInt128, ValueTask<bool>> MayVisit { get; set; } = static _ => new(true);

    /// <summary>The node that has the owner of the segments' figures; <c>null</c>: none has.</summary>
    public string? SegmentsAt { get; set; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>By which owners measure how long ago a node reported, and nodes how long ago there was no money.</summary>
    public TimeProvider OwnersTime { get; init; } = TimeProvider.System;

    public Func<bool>? HasPeers { get; init; }

    /// <summary>Hears of the nodes' ways to the owners.</summary>
    public IOwnerNotices? Notices { get; init; }

    public TestSchema Schema { get; init; } = new();

    /// <summary>Decisions that the store has already under the numbers from 1 on.</summary>
    public int DecisionsBefore
    {
        init => _decisions = value;
    }

    public PostgresStore Store => _store!;

    public OwnersInProcess Owners { get; private set; } = null!;

    public IEnumerable<NodeEngine> Living => _nodes.Where(node => !_dead.Contains(node.Key)).Select(node => node.Value.Engine);

    public static Task<NodesWithOwners> StartAsync(string catalog, params string[] nodes) => StartAsync(catalog, TimeProvider.System, nodes);

    public static Task<NodesWithOwners> StartAsync(string catalog, TimeProvider time, params string[] nodes) =>
        StartAsync(catalog, time, TimeProvider.System, static (_, options) => options, nodes);

    public static async Task<NodesWithOwners> StartAsync(
        string catalog, TimeProvider time, TimeProvider ownersTime, Func<string, NodeEngineOptions, NodeEngineOptions> configure, params string[] nodes)
    {
        var cluster = new NodesWithOwners { Time = time, OwnersTime = ownersTime, Configure = configure };
        await cluster.BeginAsync(catalog, nodes);
        return cluster;
    }

    public async Task BeginAsync(string catalog, params string[] nodes)
    {
        await File.WriteAllTextAsync(Path.Combine(_catalog, "catalog.yaml"), catalog);
        foreach (var node in nodes) await StartAsync(node);

        // The first began alone; the others must have come so far before the total is handed out.
        foreach (var (engine, _, _) in _nodes.Values) await engine.FollowAsync();
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

    /// <summary>Demand until the whole budget is spent, of all time or of today.</summary>
    public async Task<int> SpendAsync(params string[] nodes)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var served = 0;
        while (true)
        {
            served += await DecideAsync(nodes);
            var campaign = (await Node(nodes[0]).ReadCampaignAsync("c", limit.Token)).Value!;
            var ledger = campaign.Total ?? campaign.Today!;
            if (ledger.SettledMicros >= ledger.BudgetMicros) return served;
            await Task.Delay(5, limit.Token);
        }
    }

    /// <summary>The process is gone, as far as anybody can tell: it can write nothing, and tells no owner what it had not told yet.</summary>
    public async Task DieAsync(string name)
    {
        _dead.Add(name);
        Owners.Cut(Node(name).Epoch);
        await Store.SealAsync(name, Node(name).Epoch);
        await Node(name).DisposeAsync();
    }

    public Task<long?> TakeOverAsync(string name, string by) => TakeOverAsync(name, Node(name).Epoch, by);

    public async Task<long?> TakeOverAsync(string name, long epoch, string by)
    {
        var (engine, _, takeover) = _nodes[by];
        var end = (await Store.NodesAsync()).Where(epoch => epoch.Node == name).Max(epoch => epoch.LastSequence);
        Assert.True(await takeover.FoldAsync(name, end));
        var freed = await takeover.FreeAsync(epoch, writtenOff: false);
        await engine.FoldedAsync();
        return freed;
    }

    /// <summary>Completes when the owners have all that was written by those who live.</summary>
    public async Task FoldedAsync()
    {
        foreach (var (_, node) in _nodes.Where(node => !_dead.Contains(node.Key))) await node.Accounts.WaitAsync();
    }

    public async Task<VerificationReport> AssertCleanAsync()
    {
        await FoldedAsync();
        await Owners.SaveAsync();
        var report = await StoreVerifier.VerifyPostgresAsync(Schema.Options.ConnectionString, Schema.Name);
        Assert.True(report.IsClean, report.ToText());
        return report;
    }

    /// <summary>Publishes on one node; the others have not heard of it yet.</summary>
    public async Task PublishAsync(string name, string catalog)
    {
        var reply = await Node(name).PublishAsync(CatalogBundle.Of([new CatalogFile("catalog.yaml", catalog)], new DiagnosticBag())!.Bytes, null, PublishNote.None);
        Assert.Null(reply.Refusal);
        Assert.True(reply.Value!.Published, string.Join('\n', reply.Value.Problems));
    }

    /// <summary>Has all who live follow what was published, until something holds.</summary>
    public async Task FollowUntilAsync(Func<bool> holds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (true)
        {
            foreach (var engine in Living) await engine.FollowAsync(limit.Token);
            if (holds()) return;
            await Task.Delay(10, limit.Token);
        }
    }

    /// <summary>An orderly stop; the name can be started again.</summary>
    public async Task StopAsync(params string[] names)
    {
        foreach (var name in names)
        {
            await Node(name).DisposeAsync();
            _nodes.Remove(name);
        }
    }

    /// <summary>An orderly stop of all that live, with everybody folded, and of their owners: nobody has the store open.</summary>
    public async Task StopAllAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (!Living.All(engine => engine.Refolding.IsDone)) await Task.Delay(1, limit.Token);

        foreach (var engine in Living.ToList()) await engine.DisposeAsync();
        _nodes.Clear();
        _dead.Clear();
        await Owners.SaveAsync();
        await Owners.LoseAsync();
        await Store.DisposeAsync();
        _store = null;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (_, node) in _nodes.Where(node => !_dead.Contains(node.Key))) await node.Engine.DisposeAsync();
        Owners.Dispose();
        await (_store?.DisposeAsync() ?? ValueTask.CompletedTask);
        Schema.Dispose();
        Directory.Delete(_catalog, recursive: true);
    }

    public async Task StartAsync(string name)
    {
        var log = await Schema.OpenAsync(name);
        if (_store is null)
        {
            _store = await Schema.OpenStoreAsync();
            Owners = new OwnersInProcess(_store, OwnersTime);
        }

        ClusterAccounts? accounts = null;
        var engine = await NodeEngine.StartAsync(log, Configure(name, new NodeEngineOptions { CatalogFolder = _catalog }), Time, new NodeHost
        {
            Announce = () => ValueTask.CompletedTask,
            Visit = idHash => VisitAsync(name, idHash),
            HasPeers = HasPeers,
            Accounts = node => accounts = new ClusterAccounts(node, name, Owners, () => SegmentsAt == name ? Owners.Segments : null, Notices),
            Budgets = node => new ClusterBudgets(Owners, node.Epoch, accounts!, OwnersTime),
        });
        _nodes.Add(name, (engine, accounts!, new Takeover(engine, accounts!, _store, Owners)));
    }

    /// <summary>Where the customer is in memory, or else with who asks: as a cluster places its customers.</summary>
    private async ValueTask<bool> VisitAsync(string asking, UInt128 idHash) =>
        await MayVisit(idHash) && await (Living.FirstOrDefault(engine => engine.IsHome(idHash)) ?? Node(asking)).VisitAsync(idHash);
}
