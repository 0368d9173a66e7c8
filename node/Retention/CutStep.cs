using PmOrleans.Node.Log;

namespace PmOrleans.Node.Retention;

/// <summary>One transaction of a cut, worked out before it is written.</summary>
/// <param name="From">The last record that was cut before: the step is for a log that begins there.</param>
/// <param name="CatalogVersion">The version whose definitions the bases are folded with: the step is for a store in which it is the newest.</param>
/// <param name="Rows">The records that go.</param>
/// <param name="Changes">What becomes of each customer in them.</param>
/// <param name="Stands">The base of the log from then on.</param>
internal sealed record CutStep(long From, int CatalogVersion, IReadOnlyList<LogRow> Rows, IReadOnlyList<BaseChange> Changes, LogBase Stands);
