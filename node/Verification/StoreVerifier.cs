using PmOrleans.Decisioning.Decisions;
using PmOrleans.Node.Log;
using PmOrleans.Node.Log.Sqlite;
using PmOrleans.Node.Log.Sqlite.Index;
using PmOrleans.Node.Retention;

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
    /// Read beside the process that has the folder open, which cuts nothing from its log meanwhile. What that process writes meanwhile is left out, except that customers are read as they are
    /// when their turn comes. Default: the folder's lock is taken, so that nothing moves.
    /// </param>
    /// <param name="progress">Told from time to time, by any thread, how many readings of records are done and how many there are.</param>
    /// <exception cref="NodeLogException">No store there, or in use by a process (without <paramref name="live"/>), or unreadable.</exception>
    public static Task<VerificationReport> VerifyAsync(
        string dataFolder, bool live = false, Action<long, long>? progress = null, CancellationToken cancellation = default) =>
        // A thread of its own: it reads the disk for as long as it takes.
        Task.Factory.StartNew(() => Verify(dataFolder, live, progress, cancellation), cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>
    /// Verifies the store that the nodes of a cluster share, also while they write: what they write meanwhile is left out, except that customers are read as
    /// they are when their turn comes. Several nodes' logs are read as one, each record behind what it builds on; what the owners
    /// have saved is compared as well.
    /// </summary>
    /// <exception cref="NodeLogException">Server unavailable, no store there, another format, or its logs are being cut.</exception>
    public static async Task<VerificationReport> VerifyPostgresAsync(
        string connectionString, string schema = "pmorleans", CancellationToken cancellation = default)
    {
        await using var store = await PostgresStore.OpenAsync(connectionString, schema, cancellation);
        await using var held = await store.ShareAsync(cancellation);
        var findings = new FindingList();
        await ClusterTables.VerifyAsync(store, findings, cancellation);

        // Before the ends of the logs are read: an owner that saves in between would stand behind them.
        var owners = await OwnerPass.LoadAsync(store, cancellation);
        var epochs = await store.NodesAsync(cancellation);
        var hashes = new NodeHashes(await store.SecretAsync(cancellation));
        var nodes = epochs.Where(epoch => epoch.LastSequence > 0).Select(epoch => epoch.Node).Distinct(StringComparer.Ordinal).ToList();
        ILogReader reader = nodes is [var only] ? store.ReaderOf(only) : new ClusterLog(store, epochs);
        var notes = new List<string>();
        if (nodes.Count > 1) notes.Add(owners.HasAny ? $"{nodes.Count} nodes and their owners" : $"{nodes.Count} nodes without owners: their saved ledgers and models are of one node's log each, and are not compared");

        // A thread of its own: it reads the store for as long as it takes.
        return await Task.Factory.StartNew(
            () =>
            {
                owners.Verify(new ClusterLog(store, epochs), epochs, new PublishedCatalogs(reader), findings, notes, cancellation);
                return Verify(reader, hashes, findings, notes, isCluster: nodes.Count > 1, threads: 1, new VerifyProgress(0, null), cancellation);
            },
            cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Verifies what an open log holds; neither the tables' own cross-references are looked at, nor whether ids lead to their customers.</summary>
    public static VerificationReport Verify(ILogReader reader, CancellationToken cancellation = default) =>
        Verify(reader, hashes: null, new FindingList(), [], isCluster: false, threads: 1, new VerifyProgress(0, null), cancellation);

    private static VerificationReport Verify(string dataFolder, bool live, Action<long, long>? progress, CancellationToken cancellation)
    {
        var path = Path.Combine(dataFolder, LogSchema.FileName);
        if (!File.Exists(path))
        {
            throw new NodeLogException(NodeLogError.NotAStore, $"There is no store at '{path}'.");
        }

        // Beside a node that cuts its log by itself: not while it is read here.
        using var held = live ? HistoryLock.Share(dataFolder) : null;
        using var folder = live ? null : LogFolder.Take(dataFolder);
        var findings = new FindingList();
        try
        {
            using var database = SqliteDatabase.OpenReader(path, BusyTimeout);
            LogSchema.Check(database, path);
            var hashes = new NodeHashes(LogSchema.ReadSecret(database));
            if (!live)
            {
                StoreTables.Verify(database, findings);
            }

            using var readers = new ReaderPool(path, BusyTimeout, "PRAGMA cache_size=-32768; PRAGMA mmap_size=4294967296");
            var followed = new FollowedIndex(database);
            var done = new VerifyProgress(database.ReadInt64("SELECT max(sequence) FROM log") ?? 0, progress);
            if (live)
            {
                return Verify(new SqliteLogReader(readers, followed.Current), hashes, findings, [], isCluster: false, threads: 1, done, cancellation);
            }

            // Nothing moves: the index is read once, and customers may be read by every processor while the log is read in its order.
            var index = followed.Current();
            return Verify(new SqliteLogReader(readers, () => index), hashes, findings, [], isCluster: false, Environment.ProcessorCount, done, cancellation);
        }
        catch (SqliteStoreException exception)
        {
            throw exception.Explain($"The store '{path}' cannot be verified");
        }
    }

    private static VerificationReport Verify(
        ILogReader reader, NodeHashes? hashes, FindingList findings, List<string> notes, bool isCluster, int threads, VerifyProgress progress, CancellationToken cancellation)
    {
        var catalogs = new PublishedCatalogs(reader);
        var customers = new CustomerPasses(reader, hashes, progress);
        var records = new RecordPass(reader, catalogs, findings, notes, isCluster, customers.Name, progress);
        if (threads == 1)
        {
            records.Run(cancellation);
            customers.Complete();
            customers.Work(catalogs, cancellation);
        }
        else
        {
            RunBeside(records, customers, reader, catalogs, threads - 1, cancellation);
        }

        customers.Tell(findings);
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

    /// <summary>The log is read in its order here, and its customers elsewhere as soon as they turn up; then here as well.</summary>
    private static void RunBeside(
        RecordPass records, CustomerPasses customers, ILogReader reader, PublishedCatalogs catalogs, int others, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var working = new Task[others];
        for (var i = 0; i < others; i++)
        {
            working[i] = Task.Factory.StartNew(
                () => customers.Work(new PublishedCatalogs(reader), stop.Token), stop.Token, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }

        try
        {
            records.Run(cancellation);
            customers.Complete();
            customers.Work(catalogs, cancellation);
        }
        catch
        {
            stop.Cancel();
            Task.WhenAll(working).ContinueWith(_ => { }, TaskScheduler.Default).GetAwaiter().GetResult();
            throw;
        }

        Task.WhenAll(working).GetAwaiter().GetResult();
    }
}
