using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Node.Log;
using PmOrleans.Node.Retention;

namespace PmOrleans.Node.Engine;

/// <summary>How a node's engine runs, whatever its log and host; every default is fit for production on one machine.</summary>
public record NodeEngineOptions
{
    /// <summary>Folder of a catalog that seeds an empty store; afterwards only a publish changes it. Default none.</summary>
    public string? CatalogFolder { get; init; }

    /// <summary>Is told what the catalog that seeded the store is warned of, when it is live; there may be nothing. Default: nobody is.</summary>
    public Action<IReadOnlyList<CatalogDiagnostic>>? OnSeeded { get; init; }

    /// <summary>Whether an answer waits for the disk. Default <see cref="CommitMode.Sync"/>.</summary>
    public CommitMode Commit { get; init; } = CommitMode.Sync;

    /// <summary>Customers kept in memory; beyond it the longest unused go to sleep. At least 1,000. Default 1,000,000.</summary>
    public int MaxLiveCustomers { get; init; } = 1_000_000;

    /// <summary>Bytes queued for the log before requests are refused with 503. Default 64 MiB.</summary>
    public long MaxQueuedBytes { get; init; } = 64 << 20;

    /// <summary>Longest wait for the log that a request is let in for; beyond it, 503. Default 2 s.</summary>
    public TimeSpan MaxQueueWait { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Oldest a record may get before its customer is saved in a snapshot: bounds the tail to read after a crash. Default 30 s.</summary>
    public TimeSpan SnapshotAge { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Most customers waiting for a snapshot before their age no longer matters. Default 200,000: with fewer, a population that acts in turn is saved with each of its
    /// records, and how many records a start has to read is bounded by the age.
    /// </summary>
    public int MaxDirtyCustomers { get; init; } = 200_000;

    /// <summary>Sleeping customers woken in a second at most, for outcomes that expire and holds that end. Default 20,000.</summary>
    public int WakesPerSecond { get; init; } = 20_000;

    /// <summary>Customers folded anew in a second at most, after a publish that changes metrics, caps or segments. Default 100,000.</summary>
    public int RefoldsPerSecond { get; init; } = 100_000;

    /// <summary>Threads that fold anew. Default half of the processors, at least one.</summary>
    public int RefoldThreads { get; init; } = Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>How long the records of the log are kept; a stepped node cuts nothing by itself. Default: for ever.</summary>
    public RetentionOptions? Retention { get; init; }

    /// <summary>
    /// For simulations on a <see cref="Time.SimulatedClock"/>: nothing happens by itself. Answers come from memory; committing, waking, publishing of
    /// estimates, granting and pacing happen in <see cref="NodeEngine.StepAsync"/>, so that commands of one thread give the same run again.
    /// Default: false.
    /// </summary>
    public bool Stepped { get; init; }

    /// <summary>All that is wrong with these options.</summary>
    public virtual IReadOnlyList<string> Validate()
    {
        var problems = new List<string>();
        Require(Enum.IsDefined(Commit), "commit", Commit, string.Join(", ", Enum.GetNames<CommitMode>()));
        Require(MaxLiveCustomers >= 1000, "maxLiveCustomers", MaxLiveCustomers, "1,000 or more");
        Require(MaxQueuedBytes >= 1 << 20, "maxQueuedBytes", MaxQueuedBytes, "1 MiB or more");
        Require(MaxQueueWait > TimeSpan.Zero, "maxQueueWait", MaxQueueWait, "above 0");
        Require(SnapshotAge > TimeSpan.Zero, "snapshotAge", SnapshotAge, "above 0");
        Require(MaxDirtyCustomers >= 1, "maxDirtyCustomers", MaxDirtyCustomers, "1 or more");
        Require(WakesPerSecond >= 1, "wakesPerSecond", WakesPerSecond, "1 or more");
        Require(RefoldsPerSecond >= 1, "refoldsPerSecond", RefoldsPerSecond, "1 or more");
        Require(RefoldThreads >= 1, "refoldThreads", RefoldThreads, "1 or more");
        problems.AddRange(Retention?.Validate() ?? []);
        return problems;

        void Require(bool holds, string name, object value, string allowed)
        {
            if (!holds)
            {
                problems.Add($"{name} is '{value}'; allowed is {allowed}");
            }
        }
    }
}
