using PmOrleans.Node.Engine;
using PmOrleans.Node.Log;

namespace PmOrleans.Node.Embedded;

/// <summary>How the embedded host runs; every default is fit for production on one machine.</summary>
public sealed record EmbeddedNodeOptions : NodeEngineOptions
{
    /// <summary>Folder of the store; made if missing, one process at a time. Default <c>data</c>.</summary>
    public string DataFolder { get; init; } = "data";

    /// <summary>
    /// A PostgreSQL store instead of the folder. The embedded host is alone in it: while one process has it open a second one is refused, and so is a store that
    /// other nodes have written. Default none.
    /// </summary>
    public PostgresLogOptions? Postgres { get; init; }

    /// <summary>Other settings of the log in the folder.</summary>
    public Func<SqliteLogOptions, SqliteLogOptions>? ConfigureLog { get; init; }

    public override IReadOnlyList<string> Validate()
    {
        var problems = new List<string>(base.Validate());
        if (string.IsNullOrWhiteSpace(DataFolder)) problems.Insert(0, $"data is '{DataFolder}'; allowed is a folder");
        return problems;
    }
}
