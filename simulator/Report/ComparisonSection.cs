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
        var arms = new HtmlTable("Arms: the same visits, the same luck", "arm", "decisions", "shown", "clicks", "clicks %", "true rate %", $"expected value, {currency}", "fallbacks", "of the bound %", "s");
        foreach (var arm in run.Arms)
        {
            var shown = Math.Max(1, arm.Decisions - arm.Fallbacks);
            arms.Row(arm.Name, N(arm.Decisions), N(shown), N(arm.Clicks), ReportPage.Text($"{100.0 * arm.Clicks / shown:N3}"), ReportPage.Text($"{100 * arm.ExpectedClicks / shown:N3}"), N(arm.ExpectedValue), N(arm.Fallbacks), run.Bound is { ExpectedValue: > 0 } most ? ReportPage.Text($"{100 * arm.ExpectedValue / most.ExpectedValue:N1}") : "-", ReportPage.Text($"{arm.Seconds:N1}"));
        }

        var differences = new HtmlTable("Differences a customer, with 95 % intervals paired by customer once ten of them differ", "first - second", "measure", "difference", "from", "to", "%", "customers");
        foreach (var found in run.Comparisons)
        {
            differences.Row($"{found.First} - {found.Second}", found.Measure, D(found.Difference), D(found.Lower), D(found.Upper), ReportPage.Text($"{found.RelativePercent:+0.0;-0.0}"), N(found.Customers));
        }

        return "<h2>Comparison</h2>" + arms + Bound(run, currency) + "<div class=\"plots\">" + Rates(run) + Values(run, currency) + "</div>" + differences;
    }

    private static string Bound(RunDocument run, string currency)
    {
        if (run.Bound is not { } bound)
        {
            return "";
        }

        var prices = new HtmlTable("What a campaign's money was worth, for each unit of it", "campaign", "days on which it was short", "lowest", "mean", "highest");
        foreach (var price in bound.Prices)
        {
            prices.Row(price.Campaign, price.Days == 0 ? "the whole flight" : N(price.Days), ReportPage.Text($"{price.Lowest:N2}"), ReportPage.Text($"{price.Mean:N2}"), ReportPage.Text($"{price.Highest:N2}"));
        }

        var error = bound.StandardError > 0 ? ReportPage.Text($" +- {1.96 * bound.StandardError:N0} (95 %)") : "";
        return ReportPage.Text($"<p class=\"small\">The bound: no policy can expect more than {bound.ExpectedValue:N0}{error} {Svg.Escape(currency)} over these visits, budgets kept and priced with hindsight, caps left out; n = {bound.Surveyed:N0} of {bound.Visits:N0} visits.</p>")
            + prices;
    }

    private static string Rates(RunDocument run) => Plot(run, "Learning: true rate of what is shown", "% of offers shown, true rate", point => 100 * point.TrueRate);

    private static string Values(RunDocument run, string currency) => Plot(run, "Learning: true value of what is shown", $"{currency} an offer shown, true rate x value - cost", point => point.TrueValue);

    private static string Plot(RunDocument run, string title, string unit, Func<CurvePoint, double> read) =>
        new Plot(title, "decisions", unit, ReportPage.Text($"n = {run.Arms.Sum(arm => arm.Decisions):N0} decisions in {run.Arms.Count} arms")) { YFromZero = false }
            .Lines([.. run.Arms.Select(arm => new Series(arm.Name, [.. arm.Curve.Where(point => point.Shown > 0).Select(point => new PlotPoint(point.FromDecision, read(point)))]))]);

    private static string N(double value) => ReportPage.Text($"{value:N0}");

    private static string D(double? value) => value is null ? "-" : ReportPage.Text($"{value:+0.0000;-0.0000}");
}
