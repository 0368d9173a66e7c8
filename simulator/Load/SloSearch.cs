using System.Globalization;
using PmOrleans.Simulator.Terminal;

namespace PmOrleans.Simulator.Load;

/// <summary>Finds the highest rate that holds an objective: doubles until it breaks, then halves the gap to 5 %.</summary>
/// <remarks>
/// A first trial is not judged: a gateway that has just started is not what is asked about. A rate that misses is tried once more before it counts as missed,
/// because the 99th percentile of a few seconds hangs on a single bad moment of the machine.
/// </remarks>
internal static class SloSearch
{
    /// <summary>Errors that are allowed: one in a thousand.</summary>
    private const double MostErrors = .001;

    /// <summary>Of the intended requests, answered at all.</summary>
    private const double LeastAnswered = .97;

    private const int MostTrials = 40;

    public static async Task<(LoadDocument Load, string? Interrupted)> RunAsync(LoadOptions options, Workload[] workloads, CancellationToken cancellation)
    {
        var trials = new List<SloTrial>();
        var (last, interrupted) = await TryAsync(options, options.Rate, "warming up", 0, workloads, cancellation);
        var number = last.Intended;
        LoadDocument? best = null;
        double held = 0, broke = double.PositiveInfinity;
        var rate = options.Rate;
        var isSecond = false;
        while (interrupted is null && (double.IsInfinity(broke) || broke - held > .05 * broke) && trials.Count < MostTrials && rate >= 1)
        {
            (last, interrupted) = await TryAsync(options, rate, $"trial {trials.Count + 1}", number, workloads, cancellation);
            number += last.Intended;
            if (interrupted is not null)
            {
                break;
            }

            var judged = Judge(rate, last, options.Slo!);
            trials.Add(judged);
            await Console.Error.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"{rate,10:N0}/s: answered {judged.AnsweredRate:N0}/s, p{options.Slo!.Quantile * 100:0.##} {judged.LatencyMs:F1} ms, {judged.Errors} errors: {(judged.Held ? "held" : isSecond ? "missed" : "missed once")}{(judged.Why is null ? "" : $" ({judged.Why})")}"));
            if (!judged.Held && !isSecond)
            {
                isSecond = true;
                continue;
            }

            isSecond = false;
            if (judged.Held)
            {
                (held, best) = (rate, last);
            }
            else
            {
                broke = rate;
            }

            rate = double.IsInfinity(broke) ? rate * 2 : held == 0 ? rate / 2 : (held + broke) / 2;
        }

        return ((best ?? last) with { Trials = trials, HighestRate = held, Slo = options.Slo!.ToString() }, interrupted);
    }

    private static async Task<(LoadDocument Load, string? Interrupted)> TryAsync(
        LoadOptions options, double rate, string what, long number, Workload[] workloads, CancellationToken cancellation)
    {
        var trial = options with { Rate = rate, Duration = options.Trial, DayShape = false, Burst = null };
        await using var generator = new LoadGenerator(trial, workloads);
        var running = generator.RunAsync(number, cancellation);
        await LiveView.ShowAsync(generator, trial, what, running);
        var interrupted = await running;
        return (LoadRun.ToDocument(generator, trial), interrupted);
    }

    private static SloTrial Judge(double rate, LoadDocument load, Slo slo)
    {
        var latency = Math.Max(load.Decisions.At(slo.Quantile), load.Touchpoints.At(slo.Quantile));
        var isSlow = latency > slo.Bound.TotalMilliseconds;
        var isWrong = load.Errors > MostErrors * load.Intended;

        // A trial in which nothing was asked shows nothing.
        var isBehind = load.Intended == 0 || load.Decisions.Count + load.Touchpoints.Count - load.Errors < LeastAnswered * load.Intended;
        return new SloTrial(rate, load.AnsweredRate, latency, load.Errors, !(isSlow || isWrong || isBehind), load.Bottleneck);
    }
}
