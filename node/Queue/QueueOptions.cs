namespace PmOrleans.Node.Queue;

/// <summary>Bounds of the queue of touchpoints and how it is delivered.</summary>
public sealed record QueueOptions
{
    /// <summary>Bytes waiting in the whole cluster above which nothing more is queued (503). Above 0. Default 256 MiB, about a million touchpoints.</summary>
    public long MaxBytes { get; init; } = 256 << 20;

    /// <summary>Age of the oldest that waits above which nothing more is queued (503). Above 0. Default 1 min: longer than a lost silo holds its customers up.</summary>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Failures of one touchpoint, other than outages, after which it is set aside. 1 or more. Default 5.</summary>
    public int MaxAttempts { get; init; } = 5;

    /// <summary>Between looks at a queue that had nothing; what another silo's touchpoint waits at most before its delivery begins. Default 50 ms.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Pause before a customer who cannot be reached is tried again. Default 200 ms.</summary>
    public TimeSpan RetryPause { get; init; } = TimeSpan.FromMilliseconds(200);
}
