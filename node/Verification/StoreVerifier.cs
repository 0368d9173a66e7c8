using PmOrleans.Node.Log;
using PmOrleans.Node.Log.Sqlite;
using PmOrleans.Node.Log.Sqlite.Index;

namespace PmOrleans.Node.Verification;

/// <summary>
/// The judge of every counter: counts everything again from the log and says where a cap, a budget, a ledger, a model or a snapshot differs. Writes
/// nothing. Memory is a number for each customer and one customer's history at a time.
/// </summary>
public static class StoreVerifier
{
    private static readonly TimeSpan BusyTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Verifies the store in a data folder.</summary>
    /// <param name="live">
    /// Read beside the process that has the folder open. What that process writes meanwhile is left out, except that customers are read as they are
    /// when their turn comes. Default: the folder's lock is taken, so that nothing moves.
    /// </param>
    /// <exception cref="NodeLogException">No store there, or in use by a process (without <paramref name="live"/>), or unreadable.</exception>
    public static Task<VerificationReport> VerifyAsync(string dataFolder, bool live = false, CancellationToken cancellation = default) =>
        // A thread of its own: it reads the disk for as long as it takes.
        Task.Factory.StartNew(() => Verify(dataFolder, live, cancellation), cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>
    /// Verifies the store that the nodes of a cluster share, also while they write: what they write meanwhile is left out, except that customers are read as
    /// they are when their turn comes. Several nodes' logs are read as one, each record behind what it builds on; the saved ledgers and models are compared
    /// where the store has one node.
    /// </summary>
    /// <exception cref="NodeLogException">Server unavailable, no store there, or another format.</exception>
    public static async Task<VerificationReport> VerifyPostgresAsync(
        string connectionString, string schema = "pmorleans", CancellationToken cancellation = default)
    {
        await using var store = await PostgresStore.OpenAsync(connectionString, schema, cancellation);
        var findings = new FindingList();
        await ClusterTables.VerifyAsync(store, findings, cancellation);
        var epochs = await store.NodesAsync(cancellation);
        var nodes = epochs.Where(epoch => epoch.LastSequence > 0).Select(epoch => epoch.Node).Distinct(StringComparer.Ordinal).ToList();
        ILogReader reader = nodes is [var only] ? store.ReaderOf(only) : new ClusterLog(store, epochs);
        var notes = new List<string>();
        if (nodes.Count > 1) notes.Add($"{nodes.Count} nodes: saved ledgers and models are of one node's log each, and are not compared");

        // A thread of its own: it reads the store for as long as it takes.
        return await Task.Factory.StartNew(
            () => Verify(reader, findings, notes, isCluster: nodes.Count > 1, cancellation), cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Verifies what an open log holds; the tables' own cross-references are not looked at.</summary>
    public static VerificationReport Verify(ILogReader reader, CancellationToken cancellation = default) =>
        Verify(reader, new FindingList(), [], isCluster: false, cancellation);

    private static VerificationReport Verify(string dataFolder, bool live, CancellationToken cancellation)
    {
        var path = Path.Combine(dataFolder, LogSchema.FileName);
        if (!File.Exists(path))
        {
            throw new NodeLogException(NodeLogError.NotAStore, $"There is no store at '{path}'.");
        }

        using var folder = live ? null : LogFolder.Take(dataFolder);
        var findings = new FindingList();
        try
        {
            using var database = SqliteDatabase.OpenReader(path, BusyTimeout);
            LogSchema.Check(database, path);
            if (!live)
            {
                StoreTables.Verify(database, findings);
            }

            using var readers = new ReaderPool(path, BusyTimeout);
            return Verify(new SqliteLogReader(readers, new FollowedIndex(database).Current), findings, [], isCluster: false, cancellation);
        }
        catch (SqliteStoreException exception)
        {
            throw exception.Explain($"The store '{path}' cannot be verified");
        }
    }

    private static VerificationReport Verify(ILogReader reader, FindingList findings, List<string> notes, bool isCluster, CancellationToken cancellation)
    {
        var catalogs = new PublishedCatalogs(reader);
        var records = new RecordPass(reader, catalogs, findings, notes, isCluster);
        records.Run(cancellation);
        var customers = new CustomerPass(reader, catalogs, findings);
        foreach (var customer in records.CustomerEnds.Keys)
        {
            cancellation.ThrowIfCancellationRequested();
            customers.Verify(customer);
        }

        return new VerificationReport
        {
            Watermark = records.Watermark,
            Records = records.Records,
            Customers = records.CustomerEnds.Count,
            ErasedCustomers = customers.Erased,
            Decisions = records.Decisions,
            Touchpoints = records.Touchpoints,
            Outcomes = records.Outcomes,
            CapChecks = customers.CapChecks,
            Snapshots = customers.Snapshots,
            Notes = notes,
            Findings = findings.Kept,
            Totals = findings.Totals,
        };
    }
}
