namespace PmOrleans.Simulator.Shop;

/// <summary>How visits are played.</summary>
internal sealed record ShopRunOptions
{
    /// <summary>
    /// Most commands between two steps of the engine: what is learned in between is used only afterwards. At first it is 200, and never more than half a
    /// percent of what was played, which costs the learner next to nothing. Default 4,000.
    /// </summary>
    public int MostCommandsPerStep { get; init; } = 4000;

    public required long StartMicros { get; init; }

    /// <summary>Where the clock stands at the end, past every window that is to be counted.</summary>
    public required long EndMicros { get; init; }

    /// <summary>Simulated time between two looks at ledgers, caps and segments.</summary>
    public required long ObserveEveryMicros { get; init; }

    public required Func<long, Task> Observe { get; init; }

    /// <summary>Waits until a simulated time has come; <c>null</c>: as fast as it goes.</summary>
    public Func<long, CancellationToken, Task>? Pace { get; init; }

    /// <summary>Who picks the offer. Default: the engine's own policy.</summary>
    public IChooser Choose { get; init; } = new PolicyChooser();
}
