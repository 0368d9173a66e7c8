namespace PmOrleans.Decisioning.Pacing;

/// <summary>Knobs of the pacing price.</summary>
public sealed record PacingOptions
{
    /// <summary>
    /// Step of the price per opportunity, with values and costs scaled to a mean of 1; in [.0001, 1], default .01. Measured over a day of
    /// 100,000 opportunities: .001 captures .961 of the best possible value, .003 .987, .01 .996, .03 .997.
    /// </summary>
    public double Eta { get; init; } = .01;

    /// <summary>Length of a slot of the daily traffic profile; must divide a day into 24 to 1440 slots; default 5 minutes (288).</summary>
    public TimeSpan SlotLength { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Weight of the newest day in a slot's profile once enough days are seen, in [.01, 1]; default .3.</summary>
    public double ProfileWeight { get; init; } = .3;

    /// <summary>
    /// Share of an average day's traffic after which today's deviation from the profile counts half, in [.01, 10]; default .1. Short follows
    /// a day that differs, long does not mistake a burst for the day.
    /// </summary>
    public double LevelMemory { get; init; } = .1;

    /// <summary>All that is wrong with these options, by camelCase field; empty when they can be used.</summary>
    public IReadOnlyList<(string Field, string Message)> Validate()
    {
        var problems = new List<(string, string)>();
        Require(Eta is >= .0001 and <= 1, "eta", "must be from 0.0001 to 1");
        Require(
            SlotLength > TimeSpan.Zero && TimeSpan.TicksPerDay % SlotLength.Ticks == 0 && TimeSpan.TicksPerDay / SlotLength.Ticks is >= 24 and <= 1440,
            "slotLength", "must divide a day into 24 to 1440 equal slots");
        Require(ProfileWeight is >= .01 and <= 1, "profileWeight", "must be from 0.01 to 1");
        Require(LevelMemory is >= .01 and <= 10, "levelMemory", "must be from 0.01 to 10");
        return problems;

        void Require(bool holds, string field, string message)
        {
            if (!holds) problems.Add((field, message));
        }
    }
}
