using PmOrleans.Decisioning.Profiles;

namespace PmOrleans.Decisioning.Segments;

/// <summary>A recency that some rules do nothing with but compare it with constants: it passes each at a moment that is known, and only time takes it there.</summary>
/// <param name="Type">The touchpoint type it is the time since the last of.</param>
/// <param name="Constants">Microseconds, ascending, each once.</param>
/// <param name="Masks">For each constant the segments whose rule compares with it.</param>
internal sealed record ComparedAge(string Type, long[] Constants, ulong[][] Masks)
{
    /// <summary>Adds to <paramref name="dirty"/> the segments of every constant that the age reached, left or passed between two moments.</summary>
    public void MarkPassed(CustomerState state, long fromMicros, long nowMicros, Span<ulong> dirty)
    {
        var tally = state.TallyOf(Type);
        if (tally.Count == 0)
        {
            return;
        }

        var oldest = Math.Max(fromMicros, nowMicros) - tally.LastAtMicros;
        for (var i = FirstFrom(Math.Min(fromMicros, nowMicros) - tally.LastAtMicros); i < Constants.Length && Constants[i] <= oldest; i++)
        {
            SegmentMask.Or(dirty, Masks[i]);
        }
    }

    /// <summary>When the age comes to the next constant, or leaves the one it stands at; <see cref="long.MaxValue"/> for never.</summary>
    public long NextMicros(CustomerState state, long nowMicros)
    {
        var tally = state.TallyOf(Type);
        var next = tally.Count == 0 ? Constants.Length : FirstFrom(nowMicros - tally.LastAtMicros);
        if (next == Constants.Length)
        {
            return long.MaxValue;
        }

        // Reached at one moment and passed at the next: == and > differ in which of them counts.
        var reached = tally.LastAtMicros + Constants[next];
        return reached > nowMicros ? reached : reached + 1;
    }

    private int FirstFrom(long age)
    {
        var at = Array.BinarySearch(Constants, age);
        return at < 0 ? ~at : at;
    }
}
