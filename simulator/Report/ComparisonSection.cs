using PmOrleans.Simulator.Runs;

namespace PmOrleans.Simulator.Report;

/// <summary>Arms beside each other.</summary>
internal static class ComparisonSection
{
    public static string Of(RunDocument run)
    {
        if (run.Arms.Count < 2)
        {
            return "";
        }

        var currency = run.Arms[0].Currency;
        var arms = new HtmlTable("Arms: the same visits, the same luck", "arm", "decisions", "shown", "clicks", "clicks %", "true rate %", $"expected value, {currency}", "fallbacks", "s");
        foreach (var arm in run.Arms)
        {
            var shown = Math.Max(1, arm.Decisions - arm.Fallbacks);
            arms.Row(arm.Name, N(arm.Decisions), N(shown), N(arm.Clicks), ReportPage.Text($"{100.0 * arm.Clicks / shown:N3}"), ReportPage.Text($"{100 * arm.ExpectedClicks / shown:N3}"), N(arm.ExpectedValue), N(arm.Fallbacks), ReportPage.Text($"{arm.Seconds:N1}"));
        }

        var differences = new HtmlTable("Differences a customer, with 95 % intervals paired by customer", "first - second", "measure", "difference", "from", "to", "%", "customers");
        foreach (var found in run.Comparisons)
        {
            differences.Row($"{found.First} - {found.Second}", found.Measure, D(found.Difference), D(found.Lower), D(found.Upper), ReportPage.Text($"{found.RelativePercent:+0.0;-0.0}"), N(found.Customers));
        }

        return "<h2>Comparison</h2>" + arms + "<div class=\"plots\">" + Rates(run) + Values(run, currency) + "</div>" + differences;
    }

    private static string Rates(RunDocument run) => Plot(run, "Learning: true rate of what is shown", "% of offers shown, true rate", point => 100 * point.TrueRate);

    private static string Values(RunDocument run, string currency) => Plot(run, "Learning: true value of what is shown", $"{currency} an offer shown, true rate x value - cost", point => point.TrueValue);

    private static string Plot(RunDocument run, string title, string unit, Func<CurvePoint, double> read) =>
        new Plot(title, "decisions", unit, ReportPage.Text($"n = {run.Arms.Sum(arm => arm.Decisions):N0} decisions in {run.Arms.Count} arms")) { YFromZero = false }
            .Lines([.. run.Arms.Select(arm => new Series(arm.Name, [.. arm.Curve.Where(point => point.Shown > 0).Select(point => new PlotPoint(point.FromDecision, read(point)))]))]);

    private static string N(double value) => ReportPage.Text($"{value:N0}");

    private static string D(double value) => ReportPage.Text($"{value:+0.0000;-0.0000}");
}
