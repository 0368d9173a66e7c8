namespace PmOrleans.Node.Log;

/// <summary>The database that the nodes of a cluster share, and how this node writes its log into it.</summary>
public sealed record PostgresLogOptions : NodeLogOptions
{
    /// <summary>Where and as whom, in Npgsql's form: <c>Host=…;Port=…;Username=…;Database=…</c>. To the server itself: refused where something between drops the settings of a session.</summary>
    public required string ConnectionString { get; init; }

    /// <summary>
    /// This node's name in the cluster, 1 to 200 characters, the same after a restart. Whoever opens the log under a name that is in use takes over from the
    /// process that used it.
    /// </summary>
    public required string Node { get; init; }

    /// <summary>The schema with the tables; made if missing. Letters, digits and underscores. Default <c>pmorleans</c>.</summary>
    public string Schema { get; init; } = "pmorleans";

    /// <summary>
    /// Whether this process has the store to itself: refused where other nodes have written or another process has the store open, which waits for no other as long as
    /// it lives. Default <c>false</c>: a node of several, refused while such a process has the store open.
    /// </summary>
    public bool IsAlone { get; init; }

    /// <summary>Connections for reading at most. Default 16: reads are short, and beyond the server's cores they only queue.</summary>
    public int MaxReaders { get; init; } = 16;

    /// <summary>
    /// How long to wait for the server to take a connection or to answer. After it the connection is given up, and a COMMIT under way is in doubt. Default 5 s.
    /// </summary>
    public TimeSpan ServerTimeout { get; init; } = TimeSpan.FromSeconds(5);
}
