using PmOrleans.Node.Log;
using PmOrleans.Node.Projections;

namespace PmOrleans.Node.Retention;

/// <summary>How far a log may be cut.</summary>
/// <param name="Last">The last record that may go: whatever folds the log, saves customers or publishes to streams is behind it with what it has on disk.</param>
/// <param name="BeforeMicros">Records are cut up to the first that is not earlier than this.</param>
internal readonly record struct CutBounds(long Last, long BeforeMicros)
{
    /// <param name="end">The log's last record, which always stays: its sequence is where the log goes on.</param>
    /// <param name="beforeMicros">See <see cref="BeforeMicros"/>.</param>
    public static CutBounds Of(ILogReader reader, long end, long beforeMicros)
    {
        var last = end - 1;
        foreach (var projection in (string[])[ProjectionNames.Ledgers, ProjectionNames.Models, ProjectionNames.Experiments, ProjectionNames.Segments])
        {
            last = Math.Min(last, reader.LoadCheckpoint(projection)?.Watermark ?? 0);
        }

        // What an Orleans host has still to publish to its streams, where it ever did.
        return new CutBounds(Math.Min(last, reader.LoadCheckpoint(ProjectionNames.Streams)?.Watermark ?? long.MaxValue), beforeMicros);
    }
}
