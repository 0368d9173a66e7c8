using System.Globalization;

namespace PmOrleans.Simulator.Load;

/// <summary>Finds the highest rate that holds an objective: doubles until it breaks, then halves the gap to 5 %.</summary>
internal static class SloSearch
{
    /// <summary>Errors that are allowed: one in a thousand.</summary>
    private const double MostErrors = .001;

    /// <summary>Of the intended requests, answered at all.</summary>
    private const double LeastAnswered = .97;

    public static async Task<(LoadDocument Load, string? Interrupted)> RunAsync(LoadOptions options, Workload[] workloads, CancellationToken cancellation)
    {
        var trials = new List<SloTrial>();
        LoadDocument? best = null, last = null;
        string? interrupted = null;
        double held = 0, broke = double.PositiveInfinity;
        var rate = options.Rate;
        long number = 0;
        while (interrupted is null && (double.IsInfinity(broke) || broke - held > .05 * broke) && trials.Count < 24 && rate >= 1)
        {
            var trial = options with { Rate = rate, Duration = options.Trial, DayShape = false, Burst = null };
            await using var generator = new LoadGenerator(trial, workloads);
            interrupted = await generator.RunAsync(number, cancellation);
            number += generator.Intended;
            last = LoadRun.ToDocument(generator, trial);
            if (interrupted is not null)
            {
                break;
            }

            var judged = Judge(rate, last, options.Slo!);
            trials.Add(judged);
            await Console.Error.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"{rate,10:N0}/s: answered {judged.AnsweredRate:N0}/s, p{options.Slo!.Quantile * 100:0.##} {judged.LatencyMs:F1} ms, {judged.Errors} errors: {(judged.Held ? "held" : "missed")}{(judged.Why is null ? "" : $" ({judged.Why})")}"));
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

        var load = (best ?? last!) with { Trials = trials, HighestRate = held, Slo = options.Slo!.ToString() };
        return (load, interrupted);
    }

    private static SloTrial Judge(double rate, LoadDocument load, Slo slo)
    {
        var latency = (load.Decisions.Count > 0 ? load.Decisions : load.Touchpoints).At(slo.Quantile);
        var isSlow = latency > slo.Bound.TotalMilliseconds;
        var isWrong = load.Errors > MostErrors * load.Intended;

        // A trial in which nothing was asked shows nothing.
        var isBehind = load.Intended == 0 || load.Decisions.Count + load.Touchpoints.Count - load.Errors < LeastAnswered * load.Intended;
        return new SloTrial(rate, load.AnsweredRate, latency, load.Errors, !(isSlow || isWrong || isBehind), load.Bottleneck);
    }
}
