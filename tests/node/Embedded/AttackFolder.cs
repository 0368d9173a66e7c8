using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Catalog;
using PmOrleans.Node.Embedded;
using PmOrleans.Node.Port;
using PmOrleans.Node.Time;
using PmOrleans.Node.Verification;
using SQLitePCL;

namespace PmOrleans.Node.Tests.Embedded;

/// <summary>A data folder with a catalog of its own and a clock that stands still, and what a test asks of a node again and again.</summary>
internal sealed class AttackFolder : IDisposable
{
    public static readonly DateTimeOffset Start = new(2026, 11, 21, 10, 0, 0, TimeSpan.Zero);

    public string Path { get; } = Directory.CreateTempSubdirectory("pmorleans-attack-").FullName;

    public SimulatedClock Clock { get; } = new(Start);

    public long Now => Clock.NowMicros();

    public void Pass(TimeSpan time) => Clock.AdvanceTo(Now + (time.Ticks / 10));

    /// <param name="clock">Instead of <see cref="Clock"/>.</param>
    public async Task<EmbeddedNode> OpenAsync(string? yaml = null, Func<EmbeddedNodeOptions, EmbeddedNodeOptions>? configure = null, TimeProvider? clock = null)
    {
        var options = new EmbeddedNodeOptions { DataFolder = Path };
        var node = await EmbeddedNode.OpenAsync(configure?.Invoke(options) ?? options, clock ?? Clock);
        if (yaml is not null)
        {
            await PublishAsync(node, yaml);
        }

        return node;
    }

    public static async Task<PublishAnswer> PublishAsync(EmbeddedNode node, string yaml, int? expected = null)
    {
        var reply = await node.PublishAsync(Bundle(yaml), expected);
        Assert.Null(reply.Refusal);
        Assert.True(reply.Value!.Published, string.Join('\n', reply.Value.Problems));
        return reply.Value;
    }

    public static ReadOnlyMemory<byte> Bundle(string yaml)
    {
        var bag = new DiagnosticBag();
        return CatalogBundle.Of([new CatalogFile("a.yaml", yaml)], bag)?.Bytes
            ?? throw new InvalidOperationException(string.Join('\n', bag.ToList()));
    }

    public static DecisionRequest Request(string customer, string? id = null, string placement = "p", int count = 1) => new()
    {
        DecisionId = id,
        CustomerId = customer,
        Placements = [new PlacementRequest(placement, count, [])],
    };

    /// <summary>Offers answered that are no fallback.</summary>
    public static OfferAnswer[] Offers(Reply<DecisionAnswer> reply)
    {
        Assert.Null(reply.Refusal);
        return [.. reply.Value!.Placements.SelectMany(placement => placement.Offers).Where(offer => !offer.Fallback)];
    }

    public static async Task<IngestAnswer> SendAsync(EmbeddedNode node, params Touchpoint[] touchpoints)
    {
        var reply = await node.IngestAsync(touchpoints);
        Assert.Null(reply.Refusal);
        return reply.Value!;
    }

    public static Touchpoint Event(string customer, string type, string? message = null, string? decision = null, string? offer = null, long? at = null) => new()
    {
        CustomerId = customer,
        Type = type,
        MessageId = message,
        DecisionId = decision,
        OfferId = offer,
        AtMicros = at,
    };

    /// <summary>Waits for what loops beside the requests do; a loop that never does it fails the test.</summary>
    public static async Task UntilAsync(Func<Task<bool>> holds)
    {
        var since = System.Diagnostics.Stopwatch.StartNew();
        while (!await holds())
        {
            Assert.True(since.Elapsed < TimeSpan.FromMinutes(2), "it did not come about within two minutes");
            await Task.Delay(1);
        }
    }

    public static Task UntilAsync(Func<bool> holds) => UntilAsync(() => Task.FromResult(holds()));

    /// <summary>The verifier finds nothing; no node has the folder open.</summary>
    public async Task<VerificationReport> AssertCleanAsync()
    {
        var report = await StoreVerifier.VerifyAsync(Path);
        Assert.True(report.IsClean, report.ToText());
        return report;
    }

    /// <summary>Changes the store behind everybody's back.</summary>
    public void Tamper(string sql)
    {
        using var database = OpenDatabase();
        Execute(database, sql);
    }

    /// <summary>Another folder, as a kill of the node that has this one open would leave it now.</summary>
    public AttackFolder AsKilled()
    {
        var killed = new AttackFolder();
        killed.Clock.AdvanceTo(Now);
        using var database = OpenDatabase();
        raw.sqlite3_busy_timeout(database, 30_000);
        Execute(database, "BEGIN IMMEDIATE");

        // While nobody writes a transaction, and the database first: what a checkpoint copies meanwhile is still in the log of writes behind it.
        foreach (var name in new[] { "node.db", "node.db-wal" })
        {
            File.WriteAllBytes(System.IO.Path.Combine(killed.Path, name), Log.TestFolder.ReadShared(System.IO.Path.Combine(Path, name)));
        }

        Execute(database, "ROLLBACK");
        return killed;
    }

    private sqlite3 OpenDatabase()
    {
        Batteries_V2.Init();
        Assert.Equal(raw.SQLITE_OK, raw.sqlite3_open(System.IO.Path.Combine(Path, "node.db"), out var database));
        return database;
    }

    private static void Execute(sqlite3 database, string sql)
    {
        var code = raw.sqlite3_exec(database, sql);
        Assert.True(code == raw.SQLITE_OK, raw.sqlite3_errmsg(database).utf8_to_string());
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
