namespace PmOrleans.Node.Queue;

/// <summary>Bounds of the queue of touchpoints and how it is delivered.</summary>
public sealed record QueueOptions
{
    /// <summary>Longest pause before a customer is tried again.</summary>
    internal static readonly TimeSpan MostPause = TimeSpan.FromSeconds(5);

    /// <summary>Bytes waiting in the whole cluster above which nothing more is queued (503). Above 0. Default 256 MiB, about a million touchpoints.</summary>
    public long MaxBytes { get; init; } = 256 << 20;

    /// <summary>Age above which a touchpoint that waits is late. Above 0. Default 1 min: longer than a lost silo holds its customers up.</summary>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Late touchpoints in the whole cluster above which nothing more is queued (503). 0 or more. Default 1,000: more than one customer's who cannot be reached.</summary>
    public long MaxLate { get; init; } = 1000;

    /// <summary>Failures of one touchpoint, other than outages, after which it is set aside. 1 or more. Default 5.</summary>
    public int MaxAttempts { get; init; } = 5;

    /// <summary>
    /// Between looks at a queue that had nothing; what another silo's touchpoint waits at most before its delivery begins. Above 0, at most 5 s. Default 50 ms.
    /// </summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// Pause before a customer who cannot be reached, or whose touchpoint fails, is tried again; doubled with each time in a row, up to 5 s. Above 0, at most 5 s.
    /// Default 200 ms.
    /// </summary>
    public TimeSpan RetryPause { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>All that is wrong with these options.</summary>
    public IReadOnlyList<string> Validate()
    {
        var problems = new List<string>();
        Require(MaxBytes > 0, "maxBytes", MaxBytes, "above 0");
        Require(MaxAge > TimeSpan.Zero, "maxAge", MaxAge, "above 0");
        Require(MaxLate >= 0, "maxLate", MaxLate, "0 or more");
        Require(MaxAttempts >= 1, "maxAttempts", MaxAttempts, "1 or more");
        Require(Pause > TimeSpan.Zero && Pause <= MostPause, "pause", Pause, "above 0 and at most 5 s");
        Require(RetryPause > TimeSpan.Zero && RetryPause <= MostPause, "retryPause", RetryPause, "above 0 and at most 5 s");
        return problems;

        void Require(bool holds, string name, object value, string allowed)
        {
            if (!holds)
            {
                problems.Add($"queue.{name} is '{value}'; allowed is {allowed}");
            }
        }
    }

    /// <summary>Before the next attempt, after so many in vain.</summary>
    internal TimeSpan PauseAfter(int attempts) => TimeSpan.FromTicks(Math.Min(MostPause.Ticks, RetryPause.Ticks << Math.Clamp(attempts - 1, 0, 20)));
}
