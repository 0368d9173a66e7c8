using System.Text;

namespace PmOrleans.Simulator.Report;

/// <summary>A table that scrolls in itself where the screen is narrow.</summary>
internal sealed class HtmlTable(string caption, params string[] columns)
{
    private readonly List<string[]> _rows = [];

    public HtmlTable Row(params string[] cells)
    {
        _rows.Add(cells);
        return this;
    }

    /// <summary>Cells are sentences: they stand left and break.</summary>
    public bool IsText { get; init; }

    public override string ToString()
    {
        if (_rows.Count == 0)
        {
            return "";
        }

        // What scrolls takes the focus, or a keyboard cannot scroll it.
        var html = new StringBuilder(
            $"<div class=\"table\" role=\"group\" aria-label=\"{Svg.Escape(caption)}\" tabindex=\"0\"><table{(IsText ? " class=\"t\"" : "")}><caption>{Svg.Escape(caption)}</caption><thead><tr>");
        foreach (var column in columns)
        {
            html.Append(column.Length == 0 ? "<td></td>" : $"<th scope=\"col\">{Svg.Escape(column)}</th>");
        }

        html.Append("</tr></thead><tbody>");
        foreach (var row in _rows)
        {
            html.Append("<tr>");
            for (var i = 0; i < row.Length; i++)
            {
                html.Append(i == 0 ? $"<th scope=\"row\">{Svg.Escape(row[i])}</th>" : $"<td>{Svg.Escape(row[i])}</td>");
            }

            html.Append("</tr>");
        }

        return html.Append("</tbody></table></div>").ToString();
    }
}
