using System.Globalization;
using System.Net;
using System.Text;
using PmOrleans.Decisioning.Form;

namespace PmOrleans.Simulator.Report;

/// <summary>Writes inline SVG: numbers short, text escaped.</summary>
internal sealed class Svg
{
    private readonly StringBuilder _text = new();

    /// <param name="label">What the plot shows, for those who do not see it.</param>
    public Svg(int width, int height, string label) =>
        Add($"<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{Escape(label)}\" xmlns=\"http://www.w3.org/2000/svg\">");

    public void Line(double x1, double y1, double x2, double y2, string css) =>
        Add($"<line x1=\"{N(x1)}\" y1=\"{N(y1)}\" x2=\"{N(x2)}\" y2=\"{N(y2)}\" class=\"{css}\"/>");

    public void Text(double x, double y, string text, string css) => Add($"<text x=\"{N(x)}\" y=\"{N(y)}\" class=\"{css}\">{Escape(text)}</text>");

    public void Rectangle(double x, double y, double width, double height, string fill, string title) =>
        Add($"<rect x=\"{N(x)}\" y=\"{N(y)}\" width=\"{N(Math.Max(0, width))}\" height=\"{N(Math.Max(0, height))}\" fill=\"{fill}\"><title>{Escape(title)}</title></rect>");

    public void Path(IEnumerable<(double X, double Y)> points, string colour, bool isDashed)
    {
        var path = string.Join('L', points.Select(point => $"{N(point.X)} {N(point.Y)}"));
        if (path.Length > 0)
        {
            Add($"<path d=\"M{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"{(isDashed ? " stroke-dasharray=\"5 4\"" : "")}/>");
        }
    }

    /// <summary>The band between two lines.</summary>
    public void Band(IReadOnlyList<(double X, double Low, double High)> points, string colour)
    {
        if (points.Count > 1)
        {
            var path = string.Join('L', points.Select(point => $"{N(point.X)} {N(point.High)}").Concat(points.Reverse().Select(point => $"{N(point.X)} {N(point.Low)}")));
            Add($"<path d=\"M{path}Z\" fill=\"{colour}\" fill-opacity=\"0.15\"/>");
        }
    }

    public override string ToString() => _text + "</svg>";

    /// <summary>Markup is shown, and so is what would turn the text beside a name around.</summary>
    public static string Escape(string text) => WebUtility.HtmlEncode(Labels.Shown(text, int.MaxValue));

    private static string N(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);

    private void Add(string element) => _text.Append(element);
}
