using System.Diagnostics;
using System.Net.Sockets;
using PmOrleans.Simulator.Load;

namespace PmOrleans.Benchmarks.Http;

/// <summary>A server of the benchmark in a process of its own; stopped with it.</summary>
public sealed class ServerProcess : IDisposable
{
    private readonly Process _process;

    private ServerProcess(Process process, int port) => (_process, Port) = (process, port);

    public int Port { get; }

    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public long WorkingSet
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    public static Task<ServerProcess> StartBaselineAsync(int port) =>
        StartAsync(Environment.ProcessPath!, $"{Prefix()}do-nothing --urls http://127.0.0.1:{port}", port);

    public static Task<ServerProcess> StartBareAnswersAsync(int port) =>
        StartAsync(Environment.ProcessPath!, $"{Prefix()}bare-answers --urls http://127.0.0.1:{port}", port);

    /// <summary>One insert into a new SQLite file for each request.</summary>
    public static Task<ServerProcess> StartBareSqliteAsync(int port, string file) =>
        StartAsync(Environment.ProcessPath!, $"{Prefix()}bare-sqlite --file \"{file}\" --urls http://127.0.0.1:{port}", port);

    /// <summary>The stateless service over a new SQLite file.</summary>
    public static Task<ServerProcess> StartStatelessAsync(int port, string file, string synchronous) =>
        StartAsync(Environment.ProcessPath!, $"{Prefix()}stateless --file \"{file}\" --synchronous {synchronous} --urls http://127.0.0.1:{port}", port);

    /// <summary>The gateway as built beside the benchmarks in the same configuration.</summary>
    public static Task<ServerProcess> StartGatewayAsync(int port, string dataFolder, string more = "")
    {
        var gateway = Path.Combine(AppContext.BaseDirectory, "PmOrleans.Gateway.dll");
        return StartAsync("dotnet", $"\"{gateway}\" --urls http://127.0.0.1:{port} --data \"{dataFolder}\" {more}", port);
    }

    /// <summary>Ends it as <c>kill -9</c> does.</summary>
    public void Kill()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }
    }

    public void Dispose()
    {
        Kill();
        _process.Dispose();
    }

    private static string Prefix() =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? $"\"{typeof(ServerProcess).Assembly.Location}\" " : "";

    private static async Task<ServerProcess> StartAsync(string program, string arguments, int port)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        SocketSettings.Forget(start.Environment);
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var server = new ServerProcess(process, port);
        using var client = new HttpClient();
        var waited = Stopwatch.StartNew();
        while (waited.Elapsed < TimeSpan.FromSeconds(60))
        {
            if (process.HasExited)
            {
                throw new InvalidOperationException($"{program} {arguments} ended with {process.ExitCode}");
            }

            try
            {
                using var answer = await client.GetAsync(new Uri($"http://127.0.0.1:{port}/readyz"));
                if (answer.IsSuccessStatusCode)
                {
                    return server;
                }
            }
            catch (Exception failure) when (failure is HttpRequestException or SocketException)
            {
                // Not there yet.
            }

            await Task.Delay(20);
        }

        server.Dispose();
        throw new TimeoutException($"{program} {arguments} is not ready after 60 s");
    }
}
