using System.Globalization;
using System.Text;
using PmOrleans.Simulator.Runs;

namespace PmOrleans.Simulator.Report;

/// <summary>A run as one HTML page: no script, nothing loaded from elsewhere, readable on a phone.</summary>
public static class ReportPage
{
    private const string Style = """
        :root{color-scheme:light dark;--ink:#1b1f24;--soft:#5b6570;--line:#d8dde3;--paper:#fff;--card:#f6f8fa;--good:#116329;--bad:#b3261e}
        @media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9aa5b1;--line:#30363d;--paper:#0d1117;--card:#161b22;--good:#56d364;--bad:#ff7b72}}
        *{box-sizing:border-box}body{margin:0 auto;max-width:1080px;padding:16px;font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);overflow-wrap:anywhere}
        h1{font-size:1.5rem;margin:.2em 0}h2{font-size:1.15rem;margin:1.6em 0 .5em;border-bottom:1px solid var(--line);padding-bottom:.2em}
        .cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(132px,1fr));gap:8px;margin:12px 0}
        .cards div{background:var(--card);border:1px solid var(--line);border-radius:6px;padding:8px 10px}.cards b{display:block;font-size:1.2rem;overflow-wrap:anywhere}
        .cards span{color:var(--soft);font-size:.82rem}.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr));gap:14px}
        figure{margin:0;background:var(--card);border:1px solid var(--line);border-radius:6px;padding:10px;min-width:0}figcaption{font-weight:600}
        figcaption small{display:block;font-weight:400;color:var(--soft)}svg{width:100%;height:auto;display:block}svg text{font-size:13px;fill:var(--soft)}
        .m{text-anchor:middle}.e{text-anchor:end}.s{text-anchor:start}.g{stroke:var(--line)}.a{stroke:var(--soft)}.legend{display:flex;flex-wrap:wrap;gap:4px 14px;margin:.3em 0 0;font-size:.85rem}
        .legend i{display:inline-block;width:22px;margin-right:5px;vertical-align:middle}.note,.small{color:var(--soft);font-size:.85rem;margin:.4em 0 0}
        .table{overflow-x:auto;margin:10px 0}table{border-collapse:collapse;min-width:min(100%,22rem);font-size:.88rem;font-variant-numeric:tabular-nums}caption{text-align:left;font-weight:600;padding:4px 0}
        th,td{padding:4px 10px 4px 0;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}th:first-child{text-align:left}thead th{color:var(--soft);font-weight:500}
        .t td{text-align:left;white-space:normal;overflow-wrap:anywhere}.t thead th{text-align:left}.good{color:var(--good)}.bad{color:var(--bad);font-weight:600}@media(max-width:600px){svg text{font-size:19px}body{padding:10px}tbody th{white-space:normal;overflow-wrap:anywhere;min-width:8.5em}}
        """;

    public static string Of(RunDocument run)
    {
        var html = new StringBuilder();
        html.Append("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">")
            .Append($"<title>{Svg.Escape(run.Title)}</title><style>{Style}</style></head><body><main><h1>{Svg.Escape(run.Title)}</h1>");
        html.Append(Text($"<p class=\"small\">{run.Kind}, {run.StartedAt:yyyy-MM-dd HH:mm} UTC, {run.Seconds:N1} s; {Svg.Escape(run.Machine)}; {Svg.Escape(run.Commit)}</p>"));
        if (run.Interrupted is { } why)
        {
            html.Append($"<p class=\"bad\">Partial: {Svg.Escape(why)}. The figures are those up to then.</p>");
        }

        if (run.Load is { } load)
        {
            html.Append(LoadSection.Of(load));
        }

        html.Append(ComparisonSection.Of(run));
        foreach (var arm in run.Arms)
        {
            html.Append(ArmSection.Of(arm, isOnly: run.Arms.Count == 1));
        }

        html.Append(VerificationSection.Of(run));
        var settings = new HtmlTable("How it was run", "setting", "value") { IsText = true };
        foreach (var (name, value) in run.Settings)
        {
            settings.Row(name, value);
        }

        html.Append("<h2>Settings and notes</h2>").Append(settings).Append("<ul class=\"small\">");
        foreach (var note in run.Notes)
        {
            html.Append($"<li>{Svg.Escape(note)}</li>");
        }

        return html.Append("</ul></main></body></html>").ToString();
    }

    internal static string Cards(params (string Value, string Label)[] cards) =>
        "<div class=\"cards\">" + string.Concat(cards.Select(card => $"<div><b>{Svg.Escape(card.Value)}</b><span>{Svg.Escape(card.Label)}</span></div>")) + "</div>";

    internal static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
