namespace PmOrleans.Node.Retention;

/// <summary>How long a running node keeps the records of its log, or the nodes of a cluster those of all their logs.</summary>
public sealed record RetentionOptions
{
    /// <summary>What is kept at the log's end whatever is asked for: a decision id sent again within it is known as a repeat.</summary>
    public static readonly TimeSpan Least = TimeSpan.FromDays(7);

    /// <summary>A hundred years.</summary>
    public static readonly TimeSpan Most = TimeSpan.FromDays(36_500);

    /// <summary>Records older than this by the node's clock are cut, up to the first that is not; <see cref="Least"/> to <see cref="Most"/>.</summary>
    public required TimeSpan Keep { get; init; }

    /// <summary>Where what is cut is written first; see <see cref="CutOptions.ExportFolder"/>. Default: it is not kept.</summary>
    public string? ExportFolder { get; init; }

    /// <summary>Time of the node's clock from the end of one cut to the next. Default: a day. At least a minute.</summary>
    public TimeSpan Every { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Told when a cut has ended or failed, on a thread of the pool. Must not throw. Default: nobody is.</summary>
    public Action<RetentionReport>? OnReport { get; init; }

    /// <summary>How often it is looked whether a cut is due; real time.</summary>
    internal TimeSpan LookEvery { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Pause after the first cut that failed; doubles with each further one up to an hour; real time.</summary>
    internal TimeSpan RetryAfter { get; init; } = TimeSpan.FromMinutes(1);

    internal TimeSpan KeepAtEnd { get; init; } = Least;

    /// <summary>For the nodes of a cluster to say that they have seen that their store is cut from now on: they look twice a second. Real time.</summary>
    internal TimeSpan KnownWithin { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Records in a file of an export at most.</summary>
    internal int RecordsPerFile { get; init; } = 10_000;

    /// <summary>Records in one transaction at most.</summary>
    internal int RecordsTogether { get; init; } = 2_000;

    /// <summary>Awaited before each transaction, with its records worked out.</summary>
    internal Func<CutStep, Task>? BeforeStep { get; init; }

    /// <summary>Problems with the values, each naming the field.</summary>
    internal IReadOnlyList<string> Validate()
    {
        var problems = new List<string>();
        if (Keep < KeepAtEnd || Keep > Most) problems.Add($"retention.keep is '{Keep}'; allowed are {KeepAtEnd} to {Most}");
        if (Every < TimeSpan.FromMinutes(1)) problems.Add($"retention.every is '{Every}'; allowed is 1 minute or more");
        return problems;
    }
}

/// <summary>What became of a cut that a running node made by itself.</summary>
/// <param name="Records">Records that were cut.</param>
/// <param name="CutTo">The last record that is cut by now; 0 for none.</param>
/// <param name="CutBefore">The largest time of any record that is cut.</param>
/// <param name="Took">Real time from its begin.</param>
/// <param name="Failure">Why it ended before all that is due was cut; it is tried again. <c>null</c>: it did not. No personal data.</param>
public sealed record RetentionReport(long Records, long CutTo, DateTimeOffset? CutBefore, TimeSpan Took, string? Failure);
