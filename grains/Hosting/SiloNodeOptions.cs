using PmOrleans.Grains.Cluster;
using PmOrleans.Node.Engine;
using PmOrleans.Node.Queue;

namespace PmOrleans.Grains.Hosting;

/// <summary>How a silo's node runs: over a PostgreSQL store that it shares with other silos, or alone over a SQLite file of its own.</summary>
public sealed record SiloNodeOptions : NodeEngineOptions
{
    /// <summary>Folder of the store; made if missing, one process at a time. Default <c>data</c>.</summary>
    public string DataFolder { get; init; } = "data";

    /// <summary>The cluster's database instead of the folder. Default none: the silo is alone.</summary>
    public PostgresCluster? Cluster { get; init; }

    /// <summary>The silo's name, the same after a restart; two silos of one name take the log from each other. Default <c>silo-1</c>.</summary>
    public string NodeName { get; init; } = "silo-1";

    /// <summary>Takes touchpoints from a stream, and publishes decisions and segment changes on streams. Default: no; every decision and change is then a message of its own.</summary>
    public bool Streams { get; init; }

    /// <summary>What caps, windows and days go by, of all silos the same. Default: the machine's clock, which membership goes by in any case.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Bounds of the cluster's queue of touchpoints. A silo that is alone has none.</summary>
    public QueueOptions Queue { get; init; } = new();

    public override IReadOnlyList<string> Validate()
    {
        List<string> problems = [.. base.Validate(), .. Queue.Validate()];
        if (string.IsNullOrWhiteSpace(DataFolder))
        {
            problems.Add($"data is '{DataFolder}'; allowed is a folder");
        }

        if (NodeName.Length is 0 or > 100)
        {
            problems.Add($"node has {NodeName.Length} characters; allowed are 1 to 100");
        }

        return problems;
    }
}
