using System.Globalization;
using PmOrleans.Simulator.Load;
using PmOrleans.Simulator.Measuring;
using PmOrleans.Simulator.Runs;

namespace PmOrleans.Simulator.Terminal;

/// <summary>A run in a few lines, on stdout.</summary>
internal static class Summary
{
    public static void Print(RunDocument run)
    {
        if (run.Interrupted is { } why)
        {
            Console.WriteLine($"PARTIAL: {why}");
        }

        foreach (var arm in run.Arms)
        {
            Print(arm);
        }

        if (run.Load is { } load)
        {
            Print(load);
        }

        if (run.Bound is { } bound)
        {
            Line($"no policy can expect more than {bound.ExpectedValue:N0} (standard error {bound.StandardError:N0}), budgets kept and priced with hindsight, caps left out: {string.Join(", ", run.Arms.Select(arm => FormattableString.Invariant($"{arm.Name} {100 * arm.ExpectedValue / bound.ExpectedValue:F1} %")))}");
        }

        foreach (var comparison in run.Comparisons)
        {
            var interval = comparison is { Lower: { } lower, Upper: { } upper }
                ? string.Create(CultureInfo.InvariantCulture, $"95 % {lower:+0.0000;-0.0000} to {upper:+0.0000;-0.0000}")
                : "too few customers differ for an interval";
            Line($"{comparison.First} against {comparison.Second}, {comparison.Measure} a customer: {comparison.Difference:+0.0000;-0.0000} ({interval}; {comparison.RelativePercent:+0.0;-0.0} %; n = {comparison.Customers:N0} customers)");
        }

        foreach (var note in run.Notes)
        {
            Console.WriteLine($"note: {note}");
        }
    }

    public static void Print(VerificationDocument verification)
    {
        Line($"verify: {verification.Records:N0} records, {verification.Decisions:N0} decisions, {verification.Touchpoints:N0} touchpoints, {verification.CapChecks:N0} offers checked against caps, {verification.Seconds:F1} s");
        Console.WriteLine("  " + string.Join(", ", verification.Counts.Take(4).Select(count => $"{count.Key}: {count.Value}")));
        foreach (var (name, count) in verification.Counts.Skip(4).Where(count => count.Value != 0))
        {
            Console.WriteLine($"  {name}: {count}");
        }

        foreach (var finding in verification.Findings)
        {
            Console.WriteLine($"  {finding}");
        }

        Console.WriteLine(verification.IsClean ? "  the log equals its recount" : "  THE LOG DIFFERS FROM ITS RECOUNT");
    }

    private static void Print(LoadDocument load)
    {
        if (load.HighestRate is { } highest)
        {
            Line($"highest rate with {load.Slo}: {highest:N0}/s{(highest == 0 ? " (no rate held it)" : "")}, after {load.Trials.Count} trials; the figures below are of {(highest == 0 ? "the last trial" : "the trial at that rate")}");
        }

        Line($"intended {load.IntendedRate:N0}/s ({load.Intended:N0}), answered as they should be {load.AnsweredRate:N0}/s, errors {load.Errors:N0}");
        Print("decisions", load.Decisions);
        Print("touchpoints", load.Touchpoints);
        Line($"  generator: began to send {load.SendLag.At(.5):F2} ms after the intended time (p50), {load.SendLag.At(.99):F2} ms (p99); {100 * load.GeneratorProcessorShare:F0} % of the processors");
        foreach (var (outcome, count) in load.Outcomes)
        {
            Line($"  {outcome}: {count:N0}");
        }

        if (load.Bottleneck is { } bottleneck)
        {
            Line($"BOTTLENECK: {bottleneck}");
        }

        if (load.Verification?.Document is { } verification)
        {
            Print(verification);
        }
        else if (load.Verification?.NotRun is { } why)
        {
            Line($"verify: not run: {why}");
        }
    }

    private static void Print(string what, LatencyDocument latency)
    {
        if (latency.Count > 0)
        {
            Line($"  {what}: n = {latency.Count:N0}, mean {latency.MeanMs:F2} ms, p50 {latency.At(.5):F2}, p90 {latency.At(.9):F2}, p99 {latency.At(.99):F2}, p99.9 {latency.At(.999):F2}, longest {latency.At(1):F2} ms");
        }
    }

    private static void Print(ArmDocument arm)
    {
        var shown = arm.Decisions - arm.Fallbacks;
        Line($"{arm.Name}: {arm.Decisions:N0} decisions for {arm.Customers:N0} customers in {arm.Seconds:F1} s ({arm.Decisions / Math.Max(.001, arm.Seconds):N0}/s), {arm.Touchpoints:N0} touchpoints");
        Line($"  clicks {arm.Clicks:N0} ({100.0 * arm.Clicks / Math.Max(1, shown):F2} % of {shown:N0} shown, true rate {100 * arm.ExpectedClicks / Math.Max(1, shown):F2} %), purchases after clicks {arm.Purchases:N0}, fallbacks {arm.Fallbacks:N0}, expected value {arm.ExpectedValue:N0} {arm.Currency}");
        if (arm.Refused > 0 || arm.TouchpointsRejected > 0)
        {
            Line($"  refused {arm.Refused:N0} decisions and {arm.TouchpointsRejected:N0} touchpoints: {string.Join("; ", arm.Refusals)}");
        }

        if (arm.Logged is { } logged)
        {
            var error = logged.Half95 is { } half ? string.Create(CultureInfo.InvariantCulture, $"+- {100 * half:F3} (95 %)") : "(too few clicks for an interval)";
            Line($"  by the log itself: {logged.Matched:N0} of {logged.Rows:N0} visits drew what was logged, {logged.MatchedClicks} clicks; estimate {100 * logged.Estimate:F3} % {error}, the log's own rate {100 * logged.LoggedRate:F3} %");
        }

        if (arm.Verification is { } verification)
        {
            Print(verification);
        }
    }

    private static void Line(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
