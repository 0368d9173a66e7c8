using PmOrleans.Node.Engine;

namespace PmOrleans.Grains.Hosting;

/// <summary>How a silo's node runs, over a SQLite file of its own: the silo is alone in its cluster.</summary>
public sealed record SiloNodeOptions : NodeEngineOptions
{
    /// <summary>Folder of the store; made if missing, one process at a time. Default <c>data</c>.</summary>
    public string DataFolder { get; init; } = "data";

    /// <summary>The silo's name. Default <c>silo-1</c>.</summary>
    public string NodeName { get; init; } = "silo-1";

    public override IReadOnlyList<string> Validate()
    {
        List<string> problems = [.. base.Validate()];
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
