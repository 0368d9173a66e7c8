using PmOrleans.Simulator.Runs;

namespace PmOrleans.Simulator.Report;

/// <summary>Counters against truth.</summary>
internal static class VerificationSection
{
    public static string Of(RunDocument run)
    {
        var verified = run.Arms.Where(arm => arm.Verification is not null).Select(arm => (arm.Name, Recount: arm.Verification!)).ToList();
        if (run.Load?.Verification is { } load)
        {
            if (load.Document is not { } document)
            {
                return $"<h2>Counters against truth</h2><p class=\"bad\">Not recounted: {Svg.Escape(load.NotRun ?? "")}</p>";
            }

            verified.Add(("load", document));
        }

        if (verified.Count == 0)
        {
            return "<h2>Counters against truth</h2><p class=\"bad\">Not recounted; see the notes.</p>";
        }

        var isClean = verified.TrueForAll(one => one.Recount.IsClean);
        var table = new HtmlTable("The log recounted: all must be 0", ["", .. verified.Select(one => one.Name)]);
        foreach (var name in verified[0].Recount.Counts.Keys)
        {
            table.Row([name, .. verified.Select(one => N(one.Recount.Counts.GetValueOrDefault(name)))]);
        }

        table.Row(["records read", .. verified.Select(one => N(one.Recount.Records))]);
        table.Row(["decisions", .. verified.Select(one => N(one.Recount.Decisions))]);
        table.Row(["touchpoints", .. verified.Select(one => N(one.Recount.Touchpoints))]);
        table.Row(["offers checked against caps", .. verified.Select(one => N(one.Recount.CapChecks))]);
        var findings = verified.SelectMany(one => one.Recount.Findings.Select(finding => $"<li>{Svg.Escape($"{one.Name}: {finding}")}</li>"));
        return "<h2>Counters against truth</h2>"
            + (isClean ? "<p class=\"good\">Every log equals its recount.</p>" : "<p class=\"bad\">A log differs from its recount.</p>")
            + table + "<ul class=\"small\">" + string.Concat(findings) + "</ul>";
    }

    private static string N(long value) => ReportPage.Text($"{value:N0}");
}
