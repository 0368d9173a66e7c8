using PmOrleans.Decisioning.Profiles;

namespace PmOrleans.Decisioning.Segments.Rfm;

/// <summary>One customer's scores, each 1 to 5, 5 best.</summary>
public readonly record struct RfmScores(int Recency, int Frequency, int Value)
{
    /// <summary>The three as digits: 555 is the best of the 125 cells.</summary>
    public int Cell => (Recency * 100) + (Frequency * 10) + Value;

    /// <param name="tally">Of the type that RFM is about, at least once.</param>
    public static RfmScores Of(in TouchTally tally, RfmEdges edges, long nowMicros)
    {
        ArgumentNullException.ThrowIfNull(edges);
        return new RfmScores(
            edges.ScoreRecency(Math.Max(0, nowMicros - tally.LastAtMicros)), edges.ScoreFrequency(tally.Count), edges.ScoreValue(tally.ValueMicros));
    }

    /// <summary>By the name rules have for it: <c>r f m cell</c>.</summary>
    internal long Of(string field) => field switch
    {
        "r" => Recency,
        "f" => Frequency,
        "m" => Value,
        _ => Cell,
    };
}
