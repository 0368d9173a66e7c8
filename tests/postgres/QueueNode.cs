using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Engine;
using PmOrleans.Node.Log;
using PmOrleans.Node.Port;
using PmOrleans.Node.Queue;

namespace PmOrleans.Node.Tests.Log;

/// <summary>One node with a queue, whose delivery begins when the test says so and does what the test says.</summary>
internal sealed class QueueNode : IAsyncDisposable, IQueueNotices
{
    private const string Catalog = """
        catalog: { currency: EUR }
        policies:
          default: { goal: { on: click, within: 30m }, exploration: { kind: epsilonGreedy, epsilon: 0.5, floor: 0.1 } }
        placements:
          p: { channel: web, slots: 1, fallback: { offer: f, content: {} } }
        campaigns:
          c: { offers: { a: { placements: [p], value: 10, content: {} } } }
        """;

    private readonly string _catalog = Directory.CreateTempSubdirectory("pmorleans-catalog-").FullName;
    private readonly List<string> _notices = [];
    private QueueDelivery? _delivery;
    private bool _isClosed;

    public PostgresNodeLog Log { get; private set; } = null!;

    public NodeEngine Engine { get; private set; } = null!;

    public TouchpointQueue Queue { get; private set; } = null!;

    /// <summary>What this node should read; all of it unless the test says otherwise.</summary>
    public QueueShare Share { get; set; } = new(0, 1);

    /// <summary>What stands between the queue and the customers; the engine itself at first.</summary>
    public DeliverTouchpoints Deliver { get; set; } = null!;

    /// <summary>Whether whoever is told of a failure fails at it.</summary>
    public bool ThrowsWhenToldOfFailure { get; set; }

    public IReadOnlyList<string> Notices
    {
        get
        {
            lock (_notices) return [.. _notices];
        }
    }

    public static async Task<QueueNode> StartAsync(TestSchema schema, string name = "a", QueueOptions? options = null, TimeProvider? time = null)
    {
        time ??= TimeProvider.System;
        var node = new QueueNode();
        await File.WriteAllTextAsync(Path.Combine(node._catalog, "catalog.yaml"), Catalog);
        node.Log = await schema.OpenAsync(name);
        node.Queue = new TouchpointQueue(node.Log, options ?? new QueueOptions { RetryPause = TimeSpan.FromMilliseconds(10) }, time);
        node.Engine = await NodeEngine.StartAsync(node.Log, new NodeEngineOptions { CatalogFolder = node._catalog }, time, new NodeHost { Queue = node.Queue });
        node.Deliver = touchpoints => node.Engine.IngestAsync(touchpoints);
        return node;
    }

    public QueueNode Begin()
    {
        _delivery = new QueueDelivery(Engine, Queue, touchpoints => Deliver(touchpoints), () => Share, this);
        _delivery.Start();
        return this;
    }

    public async Task<IngestAnswer> QueueAsync(params Touchpoint[] touchpoints)
    {
        var reply = await Engine.QueueAsync(touchpoints);
        Assert.Null(reply.Refusal);
        return reply.Value!;
    }

    /// <summary>Message ids of a customer's history, oldest first; nothing of nobody.</summary>
    public async Task<string> HistoryAsync(string customer) =>
        string.Join(' ', (await Engine.ReadFactsAsync(customer, 0, 1000)).Value?.Facts.Select(fact => fact.Touchpoint?.MessageId).OfType<string>() ?? []);

    /// <summary>Waits until nothing is queued in the cluster.</summary>
    public Task UntilEmptyAsync(TestSchema schema) => UntilAsync(() => Task.FromResult(schema.Query<long>("SELECT count(*) FROM queued") == 0));

    public static async Task UntilAsync(Func<Task<bool>> holds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (!await holds()) await Task.Delay(5, limit.Token);
    }

    void IQueueNotices.SetAside(long number, string reason) => Note($"set aside: {reason}");

    void IQueueNotices.Failed(int count, long number, Exception failure)
    {
        Note($"failed: {count}");
        if (ThrowsWhenToldOfFailure) throw new InvalidOperationException("told of a failure");
    }

    void IQueueNotices.Stumbled(Exception failure) => Note($"stumbled: {failure}");

    public async ValueTask DisposeAsync()
    {
        if (_isClosed) return;
        _isClosed = true;
        if (_delivery is not null) await _delivery.DisposeAsync();
        await Engine.DisposeAsync();
        await Queue.DisposeAsync();
        Directory.Delete(_catalog, recursive: true);
    }

    private void Note(string text)
    {
        lock (_notices) _notices.Add(text);
    }
}
