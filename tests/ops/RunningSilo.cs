using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using PmOrleans.Conformance;

namespace PmOrleans.Ops.Tests;

/// <summary>One silo in a process of its own over an empty folder, with the sample shop; ended with the tests.</summary>
public sealed class RunningSilo : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly string _folder = Directory.CreateTempSubdirectory("pmorleans-ops-").FullName;
    private Process? _process;

    public int Port { get; } = LoopbackPort.Next();

    public HttpClient Client { get; private set; } = null!;

    /// <summary>Names of all options, without their dashes.</summary>
    public static async Task<IReadOnlySet<string>> OptionsAsync()
    {
        using var help = Start("--help");
        var text = await help.StandardOutput.ReadToEndAsync().WaitAsync(Patience);
        await help.WaitForExitAsync().WaitAsync(Patience);
        return text.Split([' ', '\n', ','], StringSplitOptions.RemoveEmptyEntries)
            .Where(word => word.StartsWith("--", StringComparison.Ordinal))
            .Select(word => word[2..])
            .ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>What a start with options that it refuses comes to.</summary>
    public static async Task<(int ExitCode, string Error)> RefusalAsync(params string[] options)
    {
        using var refused = Start(options);
        var error = await refused.StandardError.ReadToEndAsync().WaitAsync(Patience);
        await refused.WaitForExitAsync().WaitAsync(Patience);
        return (refused.ExitCode, error);
    }

    /// <summary>What a start comes to that is told to stop (SIGTERM) as soon as it has opened its log.</summary>
    public static async Task<(int ExitCode, string Error)> StopWhileStartingAsync()
    {
        var folder = Directory.CreateTempSubdirectory("pmorleans-ops-").FullName;
        using var silo = Start("--urls", $"http://127.0.0.1:{LoopbackPort.Next()}", "--data", folder, "--catalog", Repository.PathOf("samples/shop"), "--silo-port", $"{LoopbackPort.Next()}");
        var error = silo.StandardError.ReadToEndAsync();
        using var timeout = new CancellationTokenSource(Patience);
        while (!File.Exists(Path.Combine(folder, "node.db")))
        {
            await Task.Delay(1, timeout.Token);
        }

        using var kill = Process.Start("kill", ["-TERM", $"{silo.Id}"]);
        await silo.WaitForExitAsync(timeout.Token);
        Directory.Delete(folder, recursive: true);
        return (silo.ExitCode, await error);
    }

    public async Task InitializeAsync()
    {
        Client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{Port}") };
        _process = Start(
            "--urls", $"http://127.0.0.1:{Port}", "--data", _folder, "--catalog", Repository.PathOf("samples/shop"), "--silo-port", $"{LoopbackPort.Next()}", "--deadline-ms", "60000");
        var output = Task.WhenAll(_process.StandardOutput.ReadToEndAsync(), _process.StandardError.ReadToEndAsync());
        using var timeout = new CancellationTokenSource(Patience);
        while (!await IsReadyAsync())
        {
            Assert.False(_process.HasExited, _process.HasExited ? string.Join('\n', await output) : "");
            await Task.Delay(20, timeout.Token);
        }
    }

    /// <summary>Something of everything that is counted.</summary>
    public async Task UseAsync()
    {
        foreach (var n in Enumerable.Range(0, 3))
        {
            using var decided = await Client.PostAsJsonAsync("/v1/decisions", new { decisionId = $"d-{n}", customerId = "c-1", placements = new[] { new { id = "home.hero", count = 1 } } });
            Assert.Equal(HttpStatusCode.OK, decided.StatusCode);
            using var taken = await Client.PostAsJsonAsync("/v1/touchpoints", new { messageId = $"m-{n}", customerId = "c-1", type = "click", decisionId = $"d-{n}" });
            Assert.Equal(HttpStatusCode.Accepted, taken.StatusCode);
        }

        // A placement without a fallback, and none of its offers is wanted.
        var policy = await Client.GetFromJsonAsync<JsonElement>("/v1/placements/app.feed/policy");
        var offers = policy.GetProperty("offers").EnumerateArray().Select(offer => offer.GetProperty("offerId").GetString()).Distinct(StringComparer.Ordinal).ToArray();
        using var empty = await Client.PostAsJsonAsync("/v1/decisions", new { customerId = "c-1", placements = new[] { new { id = "app.feed", exclude = offers } } });
        Assert.Equal(HttpStatusCode.OK, empty.StatusCode);

        using var wrong = await Client.PostAsJsonAsync("/v1/decisions", new { customerId = "" });
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
    }

    public Task DisposeAsync()
    {
        Client.Dispose();
        if (_process is { HasExited: false })
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process?.Dispose();
        Directory.Delete(_folder, recursive: true);
        return Task.CompletedTask;
    }

    private static Process Start(params string[] arguments) => Process.Start(
        new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "PmOrleans.Silo.dll"), .. arguments])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
        })!;

    private async Task<bool> IsReadyAsync()
    {
        try
        {
            using var answer = await Client.GetAsync(new Uri("/readyz", UriKind.Relative));
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
