using PmOrleans.Simulator.Runs;

namespace PmOrleans.Simulator.Report;

/// <summary>One arm: what it showed, learned, spent, and how full its caps were.</summary>
internal static class ArmSection
{
    public static string Of(ArmDocument arm, bool isOnly)
    {
        var shown = Math.Max(1, arm.Decisions - arm.Fallbacks);
        var html = $"<h2>{(isOnly ? "Run" : "Arm " + Svg.Escape(arm.Name))}</h2>" + ReportPage.Cards(
            (N(arm.Decisions), ReportPage.Text($"decisions for {arm.Customers:N0} customers")),
            (ReportPage.Text($"{arm.Decisions / Math.Max(.001, arm.Seconds):N0}/s"), ReportPage.Text($"decisions, over {arm.Seconds:N1} s")),
            (ReportPage.Text($"{100.0 * arm.Clicks / shown:N2} %"), ReportPage.Text($"clicks, n = {shown:N0} shown")),
            (ReportPage.Text($"{100 * arm.ExpectedClicks / shown:N2} %"), "true rate of what was shown"),
            (N(arm.ExpectedValue), $"{arm.Currency} of expected value"),
            (N(arm.Fallbacks), "fallbacks"));
        if (arm.Refused > 0)
        {
            html += ReportPage.Text($"<p class=\"bad\">{arm.Refused:N0} decisions were refused: {Svg.Escape(string.Join("; ", arm.Refusals))}</p>");
        }

        html += "<div class=\"plots\">" + Learning(arm) + SeenSection.Plots(arm.Budgets, arm.Caps, arm.Segments) + Removals(arm)
            + (isOnly ? LatencyPlots.OverTime("Commands in process", arm.Latency) + LatencyPlots.Rate("Decisions", arm.Latency) : "") + "</div>";
        return html + Offers(arm) + SeenSection.Tables(arm.Budgets, arm.Caps, arm.Currency) + Logged(arm);
    }

    /// <summary>Wilson's interval around the clicks counted; the true rate beside it.</summary>
    private static string Learning(ArmDocument arm)
    {
        var curve = arm.Curve.Where(point => point.Shown > 0).ToList();
        return new Plot("Learning", "decisions", "% of offers shown", ReportPage.Text($"n = {curve.Sum(point => point.Shown):N0} shown in {curve.Count} stretches; band: 95 % of the clicks counted"))
        {
            Note = "Dashed: the best and the average offer of the placement for these customers, eligible or not.",
        }.Lines(
        [
            new Series("clicks counted", [.. curve.Select(point =>
            {
                var (low, high) = Wilson(point.Clicks, point.Shown);
                return new PlotPoint(point.FromDecision, 100.0 * point.Clicks / point.Shown, 100 * low, 100 * high);
            })]),
            new Series("true rate", [.. curve.Select(point => new PlotPoint(point.FromDecision, 100 * point.TrueRate))]),
            new Series("best offer", [.. curve.Where(point => point.BestRate > 0).Select(point => new PlotPoint(point.FromDecision, 100 * point.BestRate))], IsDashed: true),
            new Series("average offer", [.. curve.Where(point => point.UniformRate > 0).Select(point => new PlotPoint(point.FromDecision, 100 * point.UniformRate))], IsDashed: true),
        ]);
    }

    private static string Removals(ArmDocument arm) =>
        new Plot("Why candidates were removed", "reason", "candidates a decision", ReportPage.Text($"n = {arm.Explained:N0} decisions explained"))
            .Bars([.. arm.Removals.Take(7).Select(removal => removal.Reason)], arm.Explained == 0 ? [] : [("removed", [.. arm.Removals.Take(7).Select(removal => (double)removal.Count / arm.Explained)])]);

    private static string Offers(ArmDocument arm)
    {
        var table = new HtmlTable(ReportPage.Text($"Offers shown, n = {arm.Offers.Sum(offer => offer.Shown):N0}"), "offer", "campaign", "shown", "clicks", "clicks %", "true rate %");
        foreach (var offer in arm.Offers.Take(30))
        {
            table.Row(offer.Id, offer.Campaign, N(offer.Shown), N(offer.Clicks), ReportPage.Text($"{100.0 * offer.Clicks / offer.Shown:N2}"), ReportPage.Text($"{100 * offer.TrueRate:N2}"));
        }

        return table.ToString();
    }

    private static string Logged(ArmDocument arm) => arm.Logged is not { } logged
        ? ""
        : new HtmlTable("By the log itself: visits at which this policy drew what was logged", "visits", "matched", "clicks matched", "estimate %", "95 % +-", "the log's own rate %")
            .Row(N(logged.Rows), N(logged.Matched), N(logged.MatchedClicks), ReportPage.Text($"{100 * logged.Estimate:N3}"), logged.Half95 is { } half ? ReportPage.Text($"{100 * half:N3}") : "too few clicks", ReportPage.Text($"{100 * logged.LoggedRate:N3}"))
            .ToString();

    private static (double Low, double High) Wilson(double successes, double trials)
    {
        const double z = 1.959964;
        var rate = successes / trials;
        var centre = (rate + (z * z / (2 * trials))) / (1 + (z * z / trials));
        var half = z / (1 + (z * z / trials)) * Math.Sqrt((rate * (1 - rate) / trials) + (z * z / (4 * trials * trials)));
        return (Math.Max(0, centre - half), Math.Min(1, centre + half));
    }

    private static string N(double value) => ReportPage.Text($"{value:N0}");
}
