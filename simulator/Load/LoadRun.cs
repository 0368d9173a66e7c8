using System.Diagnostics;
using System.Globalization;
using PmOrleans.Simulator.Measuring;
using PmOrleans.Simulator.Runs;
using PmOrleans.Simulator.Terminal;

namespace PmOrleans.Simulator.Load;

/// <summary>Loads gateways, once at a rate, or again and again until the highest rate is found that holds an objective.</summary>
public static class LoadRun
{
    /// <summary>At the gateway's ledgers, caps and segments, in a run.</summary>
    private const int Looks = 30;

    /// <exception cref="InputException">No gateway answers, or what answers has no catalog.</exception>
    public static async Task<RunDocument> RunAsync(LoadOptions options, CancellationToken cancellation)
    {
        var startedAt = DateTimeOffset.UtcNow;
        var began = Stopwatch.GetTimestamp();
        var run = "l" + startedAt.ToUnixTimeMilliseconds().ToString("x", CultureInfo.InvariantCulture);
        var target = await LoadTarget.ReadAsync(options);
        Workload[] workloads = [.. options.Urls.Select(url => new Workload(options, run, target.Placements, target.HotOffers, url.Authority))];
        var notes = new List<string> { "Open loop: latency counts from when a request was meant to begin, whether or not it could." };
        var (load, interrupted) = await WatchedAsync(options, target, workloads, notes, cancellation);
        return new RunDocument
        {
            Kind = "load",
            Title = options.Slo is null ? string.Create(CultureInfo.InvariantCulture, $"Load of {options.Rate:N0} requests a second") : $"Highest rate with {options.Slo}",
            StartedAt = startedAt,
            Seconds = Stopwatch.GetElapsedTime(began).TotalSeconds,
            Machine = Machine.Describe(),
            Commit = Machine.Commit(),
            Interrupted = interrupted,
            Settings = Settings(options, target),
            Notes = notes,
            Load = load with { Verification = await VerifyAsync(options) },
        };
    }

    private static async Task<(LoadDocument Load, string? Interrupted)> WatchedAsync(
        LoadOptions options, LoadTarget target, Workload[] workloads, List<string> notes, CancellationToken cancellation)
    {
        var every = options.LookEvery ?? TimeSpan.FromSeconds(Math.Max(1, options.Slo is null ? options.Duration.TotalSeconds / Looks : 2));
        if (target.Engine is not { } engine || every == TimeSpan.Zero)
        {
            return await RunAsync(options, workloads, cancellation);
        }

        await using var watch = new LoadWatch(engine, Workload.Popular(options, LoadWatch.Sample), every);
        var (load, interrupted) = await RunAsync(options, workloads, cancellation);
        await watch.EndAsync();
        if (watch.Trouble is { } trouble)
        {
            notes.Add($"Budgets, caps and segments are of before the gateway could not be looked at any more: {trouble}");
        }

        if (options.Urls.Count > 1)
        {
            notes.Add($"Budgets, caps and segments are those of {options.Urls[0]}.");
        }

        return (load with { Budgets = watch.Seen.Budgets(), Caps = watch.Seen.Caps(), Segments = watch.Seen.Segments(), Currency = engine.Catalog.Currency }, interrupted);
    }

    private static Task<(LoadDocument Load, string? Interrupted)> RunAsync(LoadOptions options, Workload[] workloads, CancellationToken cancellation) =>
        options.Slo is null ? OnceAsync(options, workloads, cancellation) : SloSearch.RunAsync(options, workloads, cancellation);

    private static async Task<(LoadDocument Load, string? Interrupted)> OnceAsync(LoadOptions options, Workload[] workloads, CancellationToken cancellation)
    {
        await using var generator = new LoadGenerator(options, workloads);
        var running = generator.RunAsync(0, cancellation);
        await LiveView.ShowAsync(generator, options, null, running);
        var interrupted = await running;
        return (ToDocument(generator, options), interrupted);
    }

    internal static LoadDocument ToDocument(LoadGenerator generator, LoadOptions options)
    {
        var tally = generator.Tally;
        var decisions = tally.Decisions.ToDocument();
        var touchpoints = tally.Touchpoints.ToDocument();
        var lag = tally.SendLag.ToDocument();
        return new LoadDocument
        {
            Urls = [.. options.Urls.Select(url => url.ToString())],
            IntendedRate = generator.Intended / Math.Max(.001, Math.Min(generator.Seconds, options.Duration.TotalSeconds)),
            // What is asked last is answered a latency later: that is no part of the time in which it was asked.
            AnsweredRate = tally.RightCount / Math.Max(.001, generator.Seconds - (Math.Max(decisions.At(.5), touchpoints.At(.5)) / 1000)),
            Intended = generator.Intended,
            Sent = tally.SentCount,
            Outcomes = tally.Outcomes(),
            Errors = tally.Errors,
            Decisions = decisions,
            Touchpoints = touchpoints,
            SendLag = lag,
            GeneratorProcessorShare = generator.Processors.OwnShare,
            Bottleneck = Bottleneck.Of(
                lag.At(.99), Math.Max(decisions.At(.99), touchpoints.At(.99)), generator.AllBusy, generator.Intended,
                generator.Processors.OwnShare, generator.Processors.MachineShare, generator.Connections),
        };
    }

    private static async Task<VerificationOutcome> VerifyAsync(LoadOptions options)
    {
        if (options.Data is not { } data)
        {
            return new VerificationOutcome(null, "the log is the gateway's: name its folder with --data, or run 'verify --data DIR --live' on its machine");
        }

        try
        {
            return new VerificationOutcome(await RunVerification.RunAsync(data, live: true), null);
        }
        catch (InputException wrong)
        {
            // The run's figures are worth keeping even so.
            return new VerificationOutcome(null, wrong.Message);
        }
    }

    private static Dictionary<string, string> Settings(LoadOptions options, LoadTarget target)
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["gateways"] = string.Join(", ", options.Urls.Select(url => url.Authority)),
            ["rate"] = string.Create(CultureInfo.InvariantCulture, $"{options.Rate:N0}/s, {options.Arrivals.ToString().ToLowerInvariant()} arrivals"),
            ["for"] = string.Create(CultureInfo.InvariantCulture, $"{options.Duration.TotalSeconds:N0} s"),
            ["mix"] = string.Create(CultureInfo.InvariantCulture, $"{100 * options.DecisionShare:0.#} % decisions, the rest touchpoints in batches of {options.Batch}"),
            ["placements"] = string.Join(", ", target.Placements),
            ["customers"] = string.Create(CultureInfo.InvariantCulture, $"{options.Customers:N0}, Zipf {options.Zipf}"),
            ["seed"] = options.Seed.ToString(CultureInfo.InvariantCulture),
        };
        if (options.HotCustomers > 0)
        {
            settings["hot customers"] = string.Create(CultureInfo.InvariantCulture, $"{100 * options.HotCustomers:0.#} % of the requests for ten customers");
        }

        if (options.HotCampaign > 0)
        {
            settings["hot campaign"] = string.Create(CultureInfo.InvariantCulture, $"{100 * options.HotCampaign:0.#} % of the touchpoints click offers of {target.HotCampaign}");
        }

        if (options.DayShape || options.Burst is not null)
        {
            settings["shape"] = (options.DayShape ? "a day " : "") + (options.Burst is { } burst ? string.Create(CultureInfo.InvariantCulture, $"burst of {burst.Factor:0.##} times at {burst.AtSeconds:0.##} s for {burst.ForSeconds:0.##} s") : "");
        }

        if (options.Faults.Total > 0)
        {
            settings["faults"] = string.Create(CultureInfo.InvariantCulture, $"duplicates {options.Faults.Duplicates}, late {options.Faults.Late}, reordered {options.Faults.Reordered}, malformed {options.Faults.Malformed}");
        }

        return settings;
    }
}
