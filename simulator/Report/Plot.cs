using System.Text;

namespace PmOrleans.Simulator.Report;

/// <summary>A plot with its axes, units, sample size and legend, as HTML with inline SVG.</summary>
internal sealed record Plot(string Title, string XUnit, string YUnit, string Sample)
{
    private const int Width = 640;
    private const int Height = 300;
    private const int Left = 62;
    private const int Right = 14;
    private const int Top = 12;
    private const int Bottom = 44;
    private const int MostPoints = 400;

    /// <summary>Told apart without their hue as well: the first four differ in lightness (Okabe and Ito).</summary>
    private static readonly string[] Colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#7f7f7f", "#332288", "#88ccee", "#117733"];

    public bool XIsTime { get; init; }

    public bool YIsLog { get; init; }

    public bool YFromZero { get; init; } = true;

    /// <summary>One or two sentences that say how to read it.</summary>
    public string? Note { get; init; }

    public string Lines(IReadOnlyList<Series> series)
    {
        var drawn = series.Select(one => one with { Points = Thin([.. one.Points.Where(point => double.IsFinite(point.X) && double.IsFinite(point.Y))]) }).Where(one => one.Points.Count > 0).ToList();
        if (drawn.Count == 0)
        {
            return "";
        }

        var points = drawn.SelectMany(one => one.Points).ToList();
        var lows = points.Select(point => point.Low ?? point.Y).ToList();
        var low = YIsLog ? Math.Max(1e-3, lows.Where(value => value > 0).DefaultIfEmpty(1e-3).Min()) : YFromZero ? Math.Min(0, lows.Min()) : lows.Min();
        var x = new Axis(points.Min(point => point.X), points.Max(point => point.X), Left, Width - Right, isTime: XIsTime);
        var y = new Axis(low, points.Max(point => point.High ?? point.Y) * (YIsLog ? 1.2 : 1.05), Height - Bottom, Top, YIsLog);
        var svg = Frame(x, y);
        for (var i = 0; i < drawn.Count; i++)
        {
            svg.Band([.. drawn[i].Points.Where(point => point.Low is not null).Select(point => (x.At(point.X), y.At(point.Low!.Value), y.At(point.High!.Value)))], Colour(i));
        }

        for (var i = 0; i < drawn.Count; i++)
        {
            svg.Path(drawn[i].Points.Select(point => (x.At(point.X), y.At(point.Y))), Colour(i), drawn[i].IsDashed);
        }

        return Whole(svg, [.. drawn.Select(one => (one.Name, one.IsDashed))]);
    }

    /// <summary>Bars side by side: a group for each name, a bar in it for each series.</summary>
    public string Bars(IReadOnlyList<string> groups, IReadOnlyList<(string Name, IReadOnlyList<double> Values)> series)
    {
        if (groups.Count == 0 || series.Count == 0)
        {
            return "";
        }

        var y = new Axis(0, series.Max(one => one.Values.DefaultIfEmpty(0).Max()) * 1.05, Height - Bottom, Top);
        var svg = Frame(null, y);
        var room = (double)(Width - Left - Right) / groups.Count;
        var bar = room * .8 / series.Count;
        for (var group = 0; group < groups.Count; group++)
        {
            var from = Left + (room * group);
            for (var i = 0; i < series.Count; i++)
            {
                var value = series[i].Values[group];
                svg.Rectangle(from + (room * .1) + (bar * i), y.At(value), bar * .94, y.At(0) - y.At(value), Colour(i), $"{groups[group]}, {series[i].Name}: {value:0.####}");
            }

            svg.Text(from + (room / 2), Height - Bottom + 16, groups[group], "m");
        }

        return Whole(svg, [.. series.Select(one => (one.Name, false))]);
    }

    private Svg Frame(Axis? x, Axis y)
    {
        var svg = new Svg(Width, Height, $"{Title}: {YUnit} by {XUnit}");
        foreach (var mark in y.Marks)
        {
            svg.Line(Left, y.At(mark), Width - Right, y.At(mark), "g");
            svg.Text(Left - 6, y.At(mark) + 4, y.Text(mark), "e");
        }

        foreach (var mark in x?.Marks ?? [])
        {
            svg.Line(x!.At(mark), Height - Bottom, x.At(mark), Height - Bottom + 4, "a");
            svg.Text(x.At(mark), Height - Bottom + 16, x.Text(mark), mark == x.Marks[^1] && XIsTime ? "e" : mark == x.Marks[0] && XIsTime ? "s" : "m");
        }

        svg.Line(Left, Height - Bottom, Width - Right, Height - Bottom, "a");
        svg.Text((Left + Width - Right) / 2.0, Height - 8, XUnit, "m u");
        return svg;
    }

    private string Whole(Svg svg, IReadOnlyList<(string Name, bool IsDashed)> names)
    {
        var html = new StringBuilder($"<figure><figcaption>{Svg.Escape(Title)} <small>{Svg.Escape(YUnit)}; {Svg.Escape(Sample)}</small></figcaption>");
        html.Append(svg);
        if (names.Count > 1 || names[0].IsDashed)
        {
            html.Append("<p class=\"legend\">");
            for (var i = 0; i < names.Count; i++)
            {
                html.Append($"<span><i style=\"{(names[i].IsDashed ? "border-top:2px dashed" : "border-top:3px solid")} {Colour(i)}\"></i>{Svg.Escape(names[i].Name)}</span>");
            }

            html.Append("</p>");
        }

        return html.Append(Note is null ? "" : $"<p class=\"note\">{Svg.Escape(Note)}</p>").Append("</figure>").ToString();
    }

    private static string Colour(int i) => Colours[i % Colours.Length];

    /// <summary>As many points as can be seen: the first, the last, and an even choice between; of each stretch the highest, so that no peak is lost.</summary>
    private static IReadOnlyList<PlotPoint> Thin(IReadOnlyList<PlotPoint> points)
    {
        if (points.Count <= MostPoints)
        {
            return points;
        }

        var thin = new List<PlotPoint>(MostPoints + 2) { points[0] };
        for (var i = 0; i < MostPoints; i++)
        {
            var from = (int)((long)i * points.Count / MostPoints);
            var until = Math.Max(from + 1, (int)((long)(i + 1) * points.Count / MostPoints));
            thin.Add(Enumerable.Range(from, until - from).Select(at => points[at]).MaxBy(point => point.Y));
        }

        thin.Add(points[^1]);
        return thin;
    }
}
