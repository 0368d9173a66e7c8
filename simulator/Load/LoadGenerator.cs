using System.Diagnostics;
using System.Runtime.InteropServices;

namespace PmOrleans.Simulator.Load;

/// <summary>
/// An open loop: requests begin when the schedule says, whatever became of those before. One thread watches the clock; sending and receiving cost no
/// thread each.
/// </summary>
internal sealed class LoadGenerator : IAsyncDisposable
{
    private static readonly TimeSpan LastWait = TimeSpan.FromSeconds(10);
    private readonly LoadOptions _options;
    private readonly Workload _workload;
    private readonly GatewayUnderLoad[] _gateways;
    private long _allBusy;

    /// <param name="workloads">One for each gateway: only the host differs.</param>
    public LoadGenerator(LoadOptions options, IReadOnlyList<Workload> workloads)
    {
        _options = options;
        _workload = workloads[0];
        var share = Math.Max(1, options.MaxConnections / options.Urls.Count);
        var first = (int)Math.Clamp(options.Rate / options.Urls.Count / 200, 8, 64);
        _gateways = [.. options.Urls.Select((url, i) => new GatewayUnderLoad(url, options.Trust, workloads[i], Tally, first, share))];
    }

    public LoadTally Tally { get; } = new();

    public ProcessorWatch Processors { get; private set; } = new();

    public long Intended { get; private set; }

    /// <summary>Seconds from the first intended request to the last answer.</summary>
    public double Seconds { get; private set; }

    public int Connections => _gateways.Sum(gateway => gateway.Connections);

    public int Waiting => _gateways.Sum(gateway => gateway.Waiting);

    /// <summary>Requests that found every connection busy and none left to open.</summary>
    public long AllBusy => Interlocked.Read(ref _allBusy);

    /// <summary>Runs the schedule. Returns why it stopped before its end, or <c>null</c>.</summary>
    public async Task<string?> RunAsync(long firstNumber, CancellationToken cancellation)
    {
        foreach (var gateway in _gateways)
        {
            if (!await gateway.ReadyAsync(TimeSpan.FromSeconds(5)))
            {
                throw new InputException($"{gateway.Url} does not answer: {gateway.LastTrouble}");
            }
        }

        Processors = new ProcessorWatch();
        var began = Stopwatch.GetTimestamp() + (Stopwatch.Frequency / 50);
        var dispatched = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var clock = new Thread(() =>
        {
            try
            {
                dispatched.SetResult(Dispatch(began, firstNumber, cancellation));
            }
            catch (Exception failed)
            {
                dispatched.SetException(failed);
            }
        }) { IsBackground = true, Name = "load clock", Priority = ThreadPriority.AboveNormal };
        clock.Start();
        var stopped = await dispatched.Task;
        var ended = Stopwatch.GetTimestamp();
        while (Tally.DoneCount < Intended && Stopwatch.GetElapsedTime(ended) < LastWait && !_gateways.All(gateway => gateway.IsDead))
        {
            await Task.Delay(5, CancellationToken.None);
            Serve();
        }

        Array.ForEach(_gateways, gateway => gateway.GiveUp());

        Seconds = Math.Max(.001, Stopwatch.GetElapsedTime(Math.Min(began, Stopwatch.GetTimestamp())).TotalSeconds);
        Tally.Unanswered(Intended - Tally.DoneCount);
        return stopped;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var gateway in _gateways)
        {
            await gateway.DisposeAsync();
        }
    }

    private string? Dispatch(long began, long firstNumber, CancellationToken cancellation)
    {
        var schedule = new ArrivalSchedule(_options);
        while (schedule.TryNext(out var atSeconds))
        {
            var intended = began + (long)(atSeconds * Stopwatch.Frequency);
            while (true)
            {
                var wait = intended - Stopwatch.GetTimestamp();
                if (wait <= 0)
                {
                    break;
                }

                if (cancellation.IsCancellationRequested)
                {
                    return "stopped by the user";
                }

                Serve();
                Rest(Math.Min(wait, Stopwatch.Frequency / 100));
            }

            if (cancellation.IsCancellationRequested)
            {
                return "stopped by the user";
            }

            var number = firstNumber + Intended;
            if (Choose(number) is not { } chosen)
            {
                return $"no gateway answers any more: {string.Join("; ", _gateways.Select(gateway => $"{gateway.Url} {gateway.LastTrouble}"))}";
            }

            Intended++;
            if (chosen.IsAtMost && chosen.Waiting > 0)
            {
                Interlocked.Increment(ref _allBusy);
            }

            chosen.Begin(new Arrival(number, _workload.KindOf(number), intended));
        }

        return null;
    }

    /// <summary>What waits goes to what is free; where a gateway is down, to another.</summary>
    private void Serve()
    {
        foreach (var gateway in _gateways)
        {
            if (gateway is { IsDown: true, Waiting: > 0 } && Array.Find(_gateways, other => !other.IsDown) is { } other)
            {
                gateway.HandOver(other);
            }

            gateway.Serve();
        }
    }

    /// <summary>The gateways in turn, without those that are down as long as one is up; none when all are dead.</summary>
    private GatewayUnderLoad? Choose(long number)
    {
        GatewayUnderLoad? last = null;
        for (var i = 0; i < _gateways.Length; i++)
        {
            var gateway = _gateways[(number + i) % _gateways.Length];
            if (!gateway.IsDown)
            {
                return gateway;
            }

            last = gateway.IsDead ? last : gateway;
        }

        return last;
    }

    /// <summary>Sleeps in steps of a fifth of a millisecond where the system can: a coarser clock would send in bunches, a finer one burn a processor.</summary>
    private static void Rest(long ticks)
    {
        if (OperatingSystem.IsLinux())
        {
            _ = NativeSleep((uint)Math.Clamp(ticks * 1_000_000 / Stopwatch.Frequency, 1, 200));
        }
        else
        {
            Thread.Sleep(ticks > Stopwatch.Frequency / 1000 ? 1 : 0);
        }
    }

    [DllImport("libc", EntryPoint = "usleep")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int NativeSleep(uint microseconds);
}
