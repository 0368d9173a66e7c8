using PmOrleans.Decisioning.Codec;

namespace PmOrleans.Decisioning.Segments;

/// <summary>How many customers entered and left one segment: ever, and in each of the last 60 minutes of customer time. Mutable, owned by one fold.</summary>
internal sealed class SegmentFlow
{
    /// <summary>Minutes kept, the current one among them.</summary>
    public const int Minutes = 60;

    private const long MinuteMicros = 60_000_000;

    private readonly int[] _entered = new int[Minutes];
    private readonly int[] _left = new int[Minutes];
    private long _newest;

    public long Entered { get; private set; }

    public long Left { get; private set; }

    public void Count(long atMicros, bool entered)
    {
        var minute = atMicros / MinuteMicros;
        if (minute > _newest)
        {
            for (var at = Math.Max(_newest + 1, minute - Minutes + 1); at <= minute; at++)
            {
                (_entered[at % Minutes], _left[at % Minutes]) = (0, 0);
            }

            _newest = minute;
        }

        // What is older than the ring counts in the totals alone.
        if (minute > _newest - Minutes)
        {
            (entered ? _entered : _left)[minute % Minutes]++;
        }

        if (entered)
        {
            Entered++;
        }
        else
        {
            Left++;
        }
    }

    /// <summary>Takes up totals whose minutes are past.</summary>
    public void Begin(long entered, long left) => (Entered, Left) = (entered, left);

    /// <summary>The minutes up to now that saw anybody, oldest first.</summary>
    public IReadOnlyList<SegmentMinute> Since(long nowMicros)
    {
        var minutes = new List<SegmentMinute>();
        var now = Math.Max(nowMicros / MinuteMicros, _newest);
        for (var minute = Math.Max(0, now - Minutes + 1); minute <= _newest; minute++)
        {
            if (minute > _newest - Minutes && _entered[minute % Minutes] + _left[minute % Minutes] is > 0)
            {
                minutes.Add(new SegmentMinute(minute * MinuteMicros, _entered[minute % Minutes], _left[minute % Minutes]));
            }
        }

        return minutes;
    }

    public void Write(ByteWriter writer)
    {
        writer.Signed(Entered);
        writer.Signed(Left);
        writer.Signed(_newest);
        for (var i = 0; i < Minutes; i++)
        {
            writer.Count(_entered[i]);
            writer.Count(_left[i]);
        }
    }

    public static SegmentFlow Read(ref ByteReader reader)
    {
        var flow = new SegmentFlow { Entered = reader.Signed(), Left = reader.Signed(), _newest = reader.Signed() };
        for (var i = 0; i < Minutes; i++)
        {
            (flow._entered[i], flow._left[i]) = (reader.Count(), reader.Count());
        }

        return flow;
    }
}

/// <summary>One minute of a segment's coming and going.</summary>
/// <param name="AtMicros">Where the minute begins.</param>
public readonly record struct SegmentMinute(long AtMicros, long Entered, long Left);
