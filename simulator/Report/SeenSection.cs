using PmOrleans.Simulator.Runs;

namespace PmOrleans.Simulator.Report;

/// <summary>What was seen of an engine while it ran: budgets, caps, segments.</summary>
internal static class SeenSection
{
    private static readonly string[] CapShares = ["to 1/4", "to 1/2", "to 3/4", "below full", "full"];

    /// <summary>Of a simulated run, which began with nothing spent.</summary>
    public static string Plots(IReadOnlyList<BudgetDocument> budgets, IReadOnlyList<CapDocument> caps, IReadOnlyList<SegmentDocument> segments)
    {
        // Each campaign as a share of its plan's end, so that large and small ones stand in one plot.
        var burn = Burn(
            "% of what the plan spends by the end", "simulated time, UTC",
            [.. budgets.Where(budget => budget.Points.Count > 1 && budget.Points[^1].Plan > 0)], budget => budget.Points[^1].Plan);
        return burn + Caps(caps) + Segments(segments, "simulated time, UTC");
    }

    /// <summary>Of a gateway under load: accounts as they stood.</summary>
    public static string PlotsOfLoad(IReadOnlyList<BudgetDocument> budgets, IReadOnlyList<CapDocument> caps, IReadOnlyList<SegmentDocument> segments)
    {
        var burn = Burn(
            "% of the budget of the day, or of the whole where there is no daily one", "time, UTC",
            [.. budgets.Where(budget => budget.Points.Count > 1 && (budget.Daily ?? budget.Total) > 0)], budget => budget.Daily ?? budget.Total!.Value);
        return burn + Caps(caps) + Segments(segments, "time, UTC");
    }

    public static string Tables(IReadOnlyList<BudgetDocument> budgets, IReadOnlyList<CapDocument> caps, string currency)
    {
        var money = new HtmlTable($"Budgets, {currency}", "campaign", "total", "daily", "paced", "spent", "plan", "reserved at the end", "price at the end");
        foreach (var budget in budgets.Where(budget => budget.Points.Count > 0))
        {
            var end = budget.Points[^1];
            money.Row(budget.Campaign, budget.Total is { } total ? N(total) : "-", budget.Daily is { } daily ? N(daily) : "-", budget.Paced ? "yes" : "no", ReportPage.Text($"{end.Spent:N2}"), ReportPage.Text($"{end.Plan:N2}"), ReportPage.Text($"{end.Reserved:N2}"), ReportPage.Text($"{end.Price:N3}"));
        }

        var full = new HtmlTable("Caps, from a sample of customers", "cap", "counts", "limit", "highest seen", "counters looked at", "of them full");
        foreach (var cap in caps)
        {
            full.Row(cap.Id, cap.Event, N(cap.Limit), N(cap.Highest), N(cap.Looks), N(cap.Shares[^1]));
        }

        return money.ToString() + full;
    }

    /// <param name="whole">What is 100 %.</param>
    private static string Burn(string unit, string time, IReadOnlyList<BudgetDocument> budgets, Func<BudgetDocument, double> whole)
    {
        var planned = budgets.FirstOrDefault(budget => budget.Points[^1].Plan > 0);
        return budgets.Count == 0
            ? ""
            : new Plot("Budget burn against plan", time, unit, $"{budgets.Count} campaigns, {budgets.Max(budget => budget.Points.Count)} looks") { XIsTime = true }.Lines(
            [
                .. budgets.Select(budget => new Series(budget.Campaign, [.. budget.Points.Select(point => new PlotPoint(point.At.Ticks, 100 * point.Spent / whole(budget)))])),
                new Series(planned is null ? "plan" : $"plan of {planned.Campaign}", planned is null ? [] : [.. planned.Points.Select(point => new PlotPoint(point.At.Ticks, 100 * point.Plan / whole(planned)))], IsDashed: true),
            ]);
    }

    private static string Caps(IReadOnlyList<CapDocument> all)
    {
        var caps = all.Where(cap => cap.Looks > 0).OrderByDescending(cap => cap.Looks).ToList();
        return new Plot("Cap use", "how full", "% of the counters that had counted something", ReportPage.Text($"n = {caps.Sum(cap => cap.Looks):N0} counters looked at"))
            .Bars(CapShares, [.. caps.Take(6).Select(cap => (cap.Id, (IReadOnlyList<double>)[.. cap.Shares.Select(share => 100.0 * share / cap.Looks)]))]);
    }

    private static string Segments(IReadOnlyList<SegmentDocument> segments, string time)
    {
        var isSample = segments.Any(segment => segment.Sample > 0);
        return new Plot(
            "Segment sizes", time, isSample ? "% of the customers there are" : "customers",
            isSample ? $"a sample of {segments.Max(segment => segment.Sample)} customers" : "counted by the engine") { XIsTime = true }
            .Lines([.. segments.Select(segment => new Series(segment.Id, [.. segment.Points.Select(point => new PlotPoint(point.At.Ticks, isSample ? 100 * point.Size : point.Size))]))]);
    }

    private static string N(double value) => ReportPage.Text($"{value:N0}");
}
