using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using PmOrleans.Node.Embedded;

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

    public static Process Start(string folder, string yaml, string round) => Process.Start(
        new ProcessStartInfo("dotnet", [typeof(NodeProcess).Assembly.Location])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
            Environment = { [FolderVariable] = folder, [CatalogVariable] = yaml, [RoundVariable] = round },
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
        await using var node = await EmbeddedNode.OpenAsync(new EmbeddedNodeOptions { DataFolder = folder, SnapshotAge = TimeSpan.FromMilliseconds(300) });
        await AttackFolder.PublishAsync(node, Environment.GetEnvironmentVariable(CatalogVariable)!);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            // Ends by itself should nobody kill it.
            for (var i = 0; i < 100_000; i++)
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

    private static void Print(string line)
    {
        lock (Console.Out)
        {
            Console.Out.WriteLine(line);
            Console.Out.Flush();
        }
    }
}
