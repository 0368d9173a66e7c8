using PmOrleans.Simulator.Load;

namespace PmOrleans.Simulator.Report;

internal static class LoadSection
{
    public static string Of(LoadDocument load)
    {
        var html = ReportPage.Cards(
            (ReportPage.Text($"{load.AnsweredRate:N0}/s"), ReportPage.Text($"answered as they should be, of {load.IntendedRate:N0}/s intended")),
            (ReportPage.Text($"{load.Decisions.At(.5):N1} ms"), ReportPage.Text($"p50 of {load.Decisions.Count:N0} decisions")),
            (ReportPage.Text($"{load.Decisions.At(.99):N1} ms"), "p99 of decisions"),
            (ReportPage.Text($"{load.Touchpoints.At(.99):N1} ms"), ReportPage.Text($"p99 of {load.Touchpoints.Count:N0} touchpoint requests")),
            (ReportPage.Text($"{load.Errors:N0}"), ReportPage.Text($"errors, of {load.Intended:N0} requests")),
            (ReportPage.Text($"{100 * load.GeneratorProcessorShare:N0} %"), "of the processors used by the generator"));
        if (load.HighestRate is { } highest)
        {
            html = ReportPage.Cards((ReportPage.Text($"{highest:N0}/s"), $"highest rate with {load.Slo}")) + html;
        }

        html += load.Bottleneck is { } bottleneck ? $"<p class=\"bad\">The generator was the bottleneck: {Svg.Escape(bottleneck)}.</p>" : "<p class=\"good\">The generator was not the bottleneck.</p>";
        html += "<div class=\"plots\">"
            + LatencyPlots.OverTime("Decisions", load.Decisions) + LatencyPlots.Rate("Decisions", load.Decisions)
            + LatencyPlots.OverTime("Touchpoints", load.Touchpoints) + LatencyPlots.Rate("Touchpoints", load.Touchpoints)
            + LatencyPlots.Distribution([("decisions", load.Decisions), ("touchpoints", load.Touchpoints), ("generator's own delay", load.SendLag)])
            + Trials(load) + SeenSection.PlotsOfLoad(load.Budgets, load.Caps, load.Segments) + "</div>";
        var outcomes = new HtmlTable("What became of the requests", "outcome", "requests");
        foreach (var (outcome, count) in load.Outcomes)
        {
            outcomes.Row(outcome, ReportPage.Text($"{count:N0}"));
        }

        return html + outcomes + Quantiles(load) + SeenSection.Tables(load.Budgets, load.Caps, load.Currency ?? "");
    }

    private static string Trials(LoadDocument load)
    {
        var trials = load.Trials.OrderBy(trial => trial.Rate).ToList();
        return new Plot("Search for the highest rate", "requests a second intended", "milliseconds at the objective's quantile, logarithmic", ReportPage.Text($"{trials.Count} trials")) { YIsLog = true }
            .Lines([new Series("latency", [.. trials.Select(trial => new PlotPoint(trial.Rate, trial.LatencyMs))])]);
    }

    private static string Quantiles(LoadDocument load)
    {
        var table = new HtmlTable("Latencies in milliseconds", "quantile", "decisions", "touchpoints", "generator's own delay");
        foreach (var point in load.Decisions.Quantiles)
        {
            table.Row(ReportPage.Text($"{100 * point.Quantile:0.##} %"), ReportPage.Text($"{point.Milliseconds:N2}"), ReportPage.Text($"{load.Touchpoints.At(point.Quantile):N2}"), ReportPage.Text($"{load.SendLag.At(point.Quantile):N2}"));
        }

        return table.ToString();
    }
}
