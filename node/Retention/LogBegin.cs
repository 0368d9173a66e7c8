using PmOrleans.Decisioning.Catalog;
using PmOrleans.Node.Log;

namespace PmOrleans.Node.Retention;

/// <summary>Where a log begins that was cut: of its base what a running node is asked for.</summary>
/// <param name="Sequence">The last record that was cut.</param>
/// <param name="AtMicros">The largest time of any record that was cut: what was later than it is in the log. Of what was earlier, some may be.</param>
/// <param name="Cuts">Which versions of the catalog were live at cuts, and the time of the last cut under each; oldest first.</param>
internal sealed record LogBegin(long Sequence, long AtMicros, IReadOnlyList<(int Version, long AtMicros)> Cuts)
{
    /// <inheritdoc cref="LogBase.Load"/>
    public static LogBegin? Load(ILogReader reader) => LogBase.Load(reader)?.Begin;

    /// <summary>
    /// Since when a metric counts everything, where that is later than the customer's first record: the last cut under a version that did not have it.
    /// </summary>
    /// <param name="version">Finds a published version.</param>
    public long? CountsSince(MetricDefinition metric, Func<int, CatalogSnapshot?> version)
    {
        for (var i = Cuts.Count - 1; i >= 0; i--)
        {
            if (version(Cuts[i].Version)?.Metrics.Any(had => had.Number == metric.Number && had.Signature == metric.Signature) != true)
            {
                return Cuts[i].AtMicros;
            }
        }

        return null;
    }
}
