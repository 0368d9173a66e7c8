using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace PmOrleans.Cluster.Tests;

/// <summary>PostgreSQL and silos as processes of their own, brought up and mistreated with <c>ops/local-cluster.sh</c>; gone when it is disposed of.</summary>
/// <param name="silos">How many.</param>
/// <param name="catalog">Folder that seeds the store.</param>
/// <param name="namespaces">Each silo in a network namespace of its own.</param>
public sealed class LocalCluster(int silos, string catalog, bool namespaces = false) : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pmorleans-chaos-").FullName;
    private readonly int _firstPort = FreeRange();

    /// <summary>Why there can be no cluster here; <c>null</c> when there can.</summary>
    public static string? Lack { get; } =
        !HasProgram("curl") ? "curl is not installed"
        : !HasProgram("pg_ctl") && !Directory.Exists("/usr/lib/postgresql") ? "PostgreSQL (initdb, pg_ctl) is not installed"
        : null;

    /// <summary>Why there can be no partitions here; <c>null</c> when there can.</summary>
    public static string? LackOfNamespaces { get; } = Lack ?? (MayMakeNamespaces() ? null : "network namespaces (ip netns) need root and CAP_NET_ADMIN");

    public static string Root { get; } = FindRoot();

    public int Silos => silos;

    public Task UpAsync() => RunAsync("up");

    public Task KillAsync(int silo) => RunAsync("kill", silo);

    public Task FreezeAsync(int silo) => RunAsync("freeze", silo);

    public Task ThawAsync(int silo) => RunAsync("thaw", silo);

    public Task StopAsync(int silo) => RunAsync("stop", silo);

    public Task StartAsync(int silo) => RunAsync("start", silo);

    public Task CutAsync(int silo, string from) => RunAsync("cut", $"{silo}", from);

    public Task HealAsync(int silo) => RunAsync("heal", silo);

    public Task StopPostgresAsync() => RunAsync("postgres", "stop");

    public Task StartPostgresAsync() => RunAsync("postgres", "start");

    /// <summary>The verifier's report over all nodes' logs; it fails with the report when it found anything.</summary>
    public Task<string> VerifyAsync() => RunAsync("verify");

    public Task<string> StatusAsync() => RunAsync("status");

    public Uri UrlOf(int silo) => new($"http://{(namespaces ? $"10.210.7.{10 + silo}" : "127.0.0.1")}:{_firstPort + silo - 1}");

    public async Task<bool> IsRunningAsync(int silo) =>
        (await StatusAsync()).Split('\n').Any(line => line.StartsWith($"silo {silo} ", StringComparison.Ordinal) && line.Contains("process", StringComparison.Ordinal));

    /// <summary>What all silos have used of the processors.</summary>
    public TimeSpan ProcessorTime()
    {
        var used = TimeSpan.Zero;
        foreach (var file in Directory.EnumerateFiles(_folder, "silo-*.pid"))
        {
            using var process = Process.GetProcessById(int.Parse(File.ReadAllText(file).Split(' ')[0], CultureInfo.InvariantCulture));
            used += process.TotalProcessorTime;
        }

        return used;
    }

    /// <summary>Waits for a silo that ends itself.</summary>
    public async Task UntilEndedAsync(int silo)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        while (await IsRunningAsync(silo))
        {
            if (timeout.IsCancellationRequested)
            {
                throw new TimeoutException($"Silo {silo} runs on after 120 s.\n{await StatusAsync()}\n{Logs()}");
            }

            await Task.Delay(200, CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        // Whatever went wrong: no process is left. A frozen one is killed before it would have to be waited for.
        await RunAsync("wipe");
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private Task<string> RunAsync(string verb, int silo) => RunAsync(verb, silo.ToString(CultureInfo.InvariantCulture));

    private async Task<string> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("bash", [Path.Combine(Root, "ops", "local-cluster.sh"), .. arguments])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
        };
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        foreach (var (name, value) in new (string, string)[]
        {
            ("CLUSTER_DIR", _folder), ("HTTP_PORT", $"{_firstPort}"), ("SILO_PORT", $"{_firstPort + 10}"), ("CLIENT_PORT", $"{_firstPort + 20}"),
            ("PG_PORT", $"{_firstPort + 30}"), ("CATALOG", catalog), ("BUILD", "0"), ("CONFIGURATION", configuration),
            ("READY_SECONDS", "120"), ("SILOS", $"{silos}"), ("NETNS", namespaces ? "1" : "0"), ("SILO_OPTIONS", "--log-level Warning"),
        })
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var said = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        var text = string.Concat(said);
        return process.ExitCode == 0 ? text : throw new InvalidOperationException($"local-cluster.sh {string.Join(' ', arguments)} ended with {process.ExitCode}:\n{text}\n{Logs()}");
    }

    /// <summary>The ends of the silos' logs: what a failed test has to show.</summary>
    private string Logs() => string.Join('\n', Directory.EnumerateFiles(_folder, "silo-*.log", SearchOption.AllDirectories)
        .Select(file => $"== {Path.GetFileName(file)}\n{string.Join('\n', File.ReadLines(file).TakeLast(15))}"));

    private static bool HasProgram(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, name)));

    private static bool MayMakeNamespaces()
    {
        if (!Environment.IsPrivilegedProcess || !HasProgram("ip"))
        {
            return false;
        }

        using var attempt = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "ip netns add pmo-probe && ip link add pmo-probe type bridge && ip link del pmo-probe; status=$?; ip netns del pmo-probe; exit $status"])
        {
            RedirectStandardError = true, UseShellExecute = false,
        })!;
        attempt.StandardError.ReadToEnd();
        attempt.WaitForExit();
        return attempt.ExitCode == 0;
    }

    /// <summary>A port from which on the next forty are free now.</summary>
    private static int FreeRange()
    {
        for (var attempt = 0; attempt < 200; attempt++)
        {
            var first = Random.Shared.Next(300, 600) * 100;
            try
            {
                for (var port = first; port < first + 40; port++)
                {
                    using var probe = new TcpListener(IPAddress.Loopback, port);
                    probe.Start();
                }

                return first;
            }
            catch (SocketException)
            {
                // Somebody has one of them.
            }
        }

        throw new InvalidOperationException("No forty free ports in a row.");
    }

    private static string FindRoot()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "PmOrleans.sln")))
            {
                return folder;
            }
        }

        throw new InvalidOperationException("The tests do not run inside a checkout.");
    }
}
