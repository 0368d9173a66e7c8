namespace PmOrleans.Simulator.Report;

/// <summary>One line of a plot.</summary>
/// <param name="Points">Not finite: a gap is closed over.</param>
internal sealed record Series(string Name, IReadOnlyList<PlotPoint> Points, bool IsDashed = false);

/// <param name="Low">Of an interval; with <paramref name="High"/>, or neither.</param>
internal readonly record struct PlotPoint(double X, double Y, double? Low = null, double? High = null);
