using PmOrleans.Node.Time;
using PmOrleans.Simulator.Chance;
using PmOrleans.Simulator.Input;
using PmOrleans.Simulator.Runs;
using PmOrleans.Simulator.Shop;
using PmOrleans.Simulator.Targets;

namespace PmOrleans.Simulator.Replay;

/// <summary>The engine a replay runs against, its store, and the log as that engine must see it.</summary>
internal sealed class TargetOfRun : IAsyncDisposable
{
    private readonly RunFolder? _folder;
    private readonly string? _foreignData;
    private bool _isClosed;

    private TargetOfRun(IEngine engine, VisitLog log, RunFolder? folder, string? foreignData, string catalogName, Func<long, CancellationToken, Task>? pace) =>
        (Engine, Log, _folder, _foreignData, CatalogName, Pace) = (engine, log, folder, foreignData, catalogName, pace);

    public IEngine Engine { get; }

    /// <summary>At the times at which it is played.</summary>
    public VisitLog Log { get; }

    public string CatalogName { get; }

    /// <summary>Waits until a simulated time has come; <c>null</c>: as fast as it goes.</summary>
    public Func<long, CancellationToken, Task>? Pace { get; }

    public static Task<TargetOfRun> OpenAsync(ReplayOptions options, Mapping mapping, VisitLog log, Draws draws, List<string> notes) =>
        options.Url is { } url ? OverHttpAsync(url, options, log, notes) : EmbeddedAsync(options, mapping, log, draws);

    /// <summary>Closes the engine and recounts its log, where the log is ours to read.</summary>
    public async Task<VerificationDocument?> CloseAndVerifyAsync(List<string> notes)
    {
        await CloseAsync();
        if (_folder is not null)
        {
            return await RunVerification.RunAsync(_folder.Path);
        }

        if (_foreignData is not null)
        {
            return await RunVerification.RunAsync(_foreignData, live: true);
        }

        notes.Add("The log is the gateway's and was not recounted: name its folder with --data, or run 'verify --data DIR --live' on its machine.");
        return null;
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _folder?.Dispose();
    }

    private static async Task<TargetOfRun> EmbeddedAsync(ReplayOptions options, Mapping mapping, VisitLog log, Draws draws)
    {
        var catalog = options.Catalog ?? SampleFolder.Find(mapping.Catalog ?? "shop");
        var folder = new RunFolder(options.Data);
        try
        {
            var engine = await EmbeddedEngine.OpenAsync(folder.Path, catalog, draws, log.Visits[0].AtMicros);
            return new TargetOfRun(engine, log, folder, null, Path.GetFileName(Path.GetFullPath(catalog)), null);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    private static async Task<TargetOfRun> OverHttpAsync(Uri url, ReplayOptions options, VisitLog log, List<string> notes)
    {
        var engine = await HttpEngine.OpenAsync(url, options.Key, options.Trust);
        if (engine.IsSimulated)
        {
            return new TargetOfRun(engine, log, null, options.Data, $"of {url}", null);
        }

        try
        {
            return OnSystemClock(engine, url, options, log, notes);
        }
        catch
        {
            await engine.DisposeAsync();
            throw;
        }
    }

    /// <summary>The file is moved to now and played as fast as it happened: a window of a day must see a day.</summary>
    private static TargetOfRun OnSystemClock(HttpEngine engine, Uri url, ReplayOptions options, VisitLog log, List<string> notes)
    {
        if (options.Speed != 1)
        {
            var windows = engine.Catalog.CapScopes.Length + engine.Catalog.Metrics.Length + engine.Catalog.Policies.Length;
            throw new InputException(
                $"--speed is {options.Speed}; {url} runs on the system's clock, so {windows} windows of its catalog (caps, metrics, goals) would see {options.Speed:0.##} times as much "
                + "as they mean. Allowed is 1, or start the gateway with --clock simulated");
        }

        var shifted = log.StartingAt(Micros.From(DateTimeOffset.UtcNow.AddSeconds(2)));
        notes.Add($"{url} runs on the system's clock: the file was moved to now and played at the speed of life, {log.Span.TotalHours:F1} hours of it.");
        return new TargetOfRun(engine, shifted, null, options.Data, $"of {url}", async (atMicros, cancellation) =>
        {
            var wait = Micros.ToTime(atMicros) - DateTimeOffset.UtcNow;
            if (wait > TimeSpan.Zero)
            {
                await Task.Delay(wait < TimeSpan.FromDays(20) ? wait : TimeSpan.FromDays(20), cancellation);
            }
        });
    }

    private async Task CloseAsync()
    {
        if (!_isClosed)
        {
            _isClosed = true;
            await Engine.DisposeAsync();
        }
    }
}
