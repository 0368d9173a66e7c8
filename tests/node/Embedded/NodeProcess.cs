using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using PmOrleans.Node.Embedded;
using PmOrleans.Node.Retention;
using PmOrleans.Node.Time;

namespace PmOrleans.Node.Tests.Embedded;

/// <summary>
/// This assembly, started once more as a process of its own that runs a node on the real clock under load until it is killed. It prints a line for
/// each answer it got: <c>d decision customer</c> or <c>t customer message</c>.
/// </summary>
internal static class NodeProcess
{
    private const string FolderVariable = "PMORLEANS_TEST_NODE_FOLDER";
    private const string CatalogVariable = "PMORLEANS_TEST_NODE_CATALOG";
    private const string RoundVariable = "PMORLEANS_TEST_NODE_ROUND";
    private const string TracedRound = "traced";

    /// <summary>A round whose name begins so cuts the log before a time in Unix microseconds that follows.</summary>
    public const string CutRound = "cut-";

    /// <summary>A round whose name begins so runs on a simulated clock, from the time in Unix microseconds that follows, and cuts its own log.</summary>
    public const string RetainRound = "retain-";

    /// <summary>Answers of a traced run: one request after the other, so that it is known what came before what.</summary>
    public const int TracedAnswers = 200;

    public static Process Start(string folder, string yaml, string round) => Process.Start(
        new ProcessStartInfo("dotnet", [typeof(NodeProcess).Assembly.Location])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
            Environment = { [FolderVariable] = folder, [CatalogVariable] = yaml, [RoundVariable] = round },
        })!;

    /// <summary>A run of <see cref="TracedAnswers"/> under strace, which writes what it sees of writes and syncs to a file.</summary>
    public static Process StartTraced(string folder, string yaml, string trace) => Process.Start(
        new ProcessStartInfo(
            "strace",
            ["-f", "-qq", "-y", "-s", "16", "-e", "trace=write,pwrite64,fsync,fdatasync", "-o", trace, "dotnet", typeof(NodeProcess).Assembly.Location])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
            Environment = { [FolderVariable] = folder, [CatalogVariable] = yaml, [RoundVariable] = TracedRound },
        })!;

    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "The test SDK owns Main; this is the one place that runs before it.")]
    internal static void RunIfChild()
    {
        if (Environment.GetEnvironmentVariable(FolderVariable) is not { Length: > 0 } folder)
        {
            return;
        }

        // A thread of its own, which keeps the process alive: no other thread may enter this assembly before the initializer has returned.
        new Thread(() => RunAsync(folder).GetAwaiter().GetResult()).Start();
    }

    private static async Task RunAsync(string folder)
    {
        var round = Environment.GetEnvironmentVariable(RoundVariable)!;
        if (round.StartsWith(CutRound, StringComparison.Ordinal))
        {
            await CutAsync(folder, long.Parse(round[CutRound.Length..], CultureInfo.InvariantCulture));
            return;
        }

        if (round.StartsWith(RetainRound, StringComparison.Ordinal))
        {
            await RetainAsync(folder, round);
            return;
        }

        // Snapshots all the time, but for the trace, where a sync should be a record's.
        var snapshots = round == TracedRound ? TimeSpan.FromHours(1) : TimeSpan.FromMilliseconds(300);
        await using var node = await EmbeddedNode.OpenAsync(new EmbeddedNodeOptions { DataFolder = folder, SnapshotAge = snapshots });
        await AttackFolder.PublishAsync(node, Environment.GetEnvironmentVariable(CatalogVariable)!);
        if (round.StartsWith(ShoppingLoad.Round, StringComparison.Ordinal))
        {
            await ShoppingLoad.RunAsync(node, round, (customer, message) => Print($"t {customer} {message} ."));
            return;
        }

        var (workers, rounds) = round == TracedRound ? (1, TracedAnswers / 2) : (8, 100_000);
        await Task.WhenAll(Enumerable.Range(0, workers).Select(worker => Task.Run(async () =>
        {
            // Ends by itself should nobody kill it.
            for (var i = 0; i < rounds; i++)
            {
                var customer = $"c-{((worker * 7) + i) % 40}";
                var decision = $"d-{round}-{worker}-{i}";
                if ((await node.DecideAsync(AttackFolder.Request(customer, decision, count: 2))).Value is not null)
                {
                    Print($"d {decision} {customer}");
                }

                var message = $"m-{round}-{worker}-{i}";
                if ((await node.IngestAsync([AttackFolder.Event(customer, i % 2 == 0 ? "click" : "impression", message, decision)])).Value is { Accepted: 1 })
                {
                    Print($"t {customer} {message}");
                }
            }
        })));
    }

    /// <summary>A line for each transaction: <c>t cut sequence</c>.</summary>
    private static async Task CutAsync(string folder, long beforeMicros)
    {
        var report = await LogCutter.CutAsync(new LogCutOptions
        {
            Folder = folder,
            Before = Micros.ToTime(beforeMicros),
            KeepDecisionIds = TimeSpan.FromHours(1),
            ExportFolder = Path.Combine(folder, "export"),
            RecordsTogether = 7,
            OnCut = sequence => Print($"t cut {sequence}"),
        });
        Print($"t end {report.CutTo} {report.Refusal}");
    }

    /// <summary>A line for each transaction of a cut before it is written, <c>t cut now</c>, and one when a cut is through, <c>t end now</c>.</summary>
    private static async Task RetainAsync(string folder, string round)
    {
        var clock = new SimulatedClock(Micros.ToTime(long.Parse(round[RetainRound.Length..], CultureInfo.InvariantCulture)));
        await using var node = await EmbeddedNode.OpenAsync(
            new EmbeddedNodeOptions
            {
                DataFolder = folder,
                SnapshotAge = TimeSpan.FromMilliseconds(50),
                Retention = new RetentionOptions
                {
                    Keep = TimeSpan.FromDays(2),
                    KeepAtEnd = TimeSpan.FromHours(1),
                    Every = TimeSpan.FromMinutes(1),
                    LookEvery = TimeSpan.FromMilliseconds(1),
                    ExportFolder = Path.Combine(folder, "export"),
                    RecordsTogether = 7,
                    RecordsPerFile = 40,
                    BeforeStep = _ =>
                    {
                        Print($"t cut {clock.NowMicros()}");
                        return Task.CompletedTask;
                    },
                    OnReport = report => Print(report.Failure is null ? $"t end {clock.NowMicros()}" : $"t failed {report.Failure}"),
                },
            },
            clock);

        // Ends by itself should nobody kill it.
        for (var i = 0; i < 20_000; i++)
        {
            clock.AdvanceTo(clock.NowMicros() + 60_000_000);
            var decision = $"d-{round}-{i}";
            await node.DecideAsync(AttackFolder.Request($"c-{i % 12}", decision));
            await node.IngestAsync([AttackFolder.Event($"c-{i % 12}", i % 2 == 0 ? "click" : "impression", $"m-{round}-{i}", decision)]);
        }
    }

    private static void Print(string line)
    {
        lock (Console.Out)
        {
            Console.Out.WriteLine(line);
            Console.Out.Flush();
        }
    }
}
