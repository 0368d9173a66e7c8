using System.Security.Cryptography;
using SQLitePCL;

namespace PmOrleans.Node.Log.Sqlite;

/// <summary>The tables, the format version, the secret.</summary>
internal static class LogSchema
{
    public const string FileName = "node.db";

    /// <summary>Of a store that was never cut.</summary>
    public const long Format = 4;

    /// <summary>Of one whose log was cut: to a release that knows of no base, its customers would have lost their past.</summary>
    public const long CutFormat = 5;

    /// <summary>"PmOL": tells a node's store from any other SQLite file.</summary>
    public const long ApplicationId = 0x506D4F4C;

    // WITHOUT ROWID where rows are small and found by key; rowid tables where they are big, since a big row in an index tree costs fan-out.
    // No customer, no due time, no decision are NULL; the small columns of the log come first, so that a scan for them reads no overflow pages.
    // customer_record and decision are the log's indexes by random keys: tables, since they are written behind (see LogIndex).
    // data_key holds the customers' keys where no copy of one can stay behind: its rows are only appended, so that no page of it is ever rebuilt, and an
    // erasure overwrites the key in its place with zeros of the same length. No row of it is deleted, and no key moves.
    // A snapshot keeps its place over updates, and over VACUUM as well, because the place has a name. It names the slot of the customer's key, so that a walk
    // over all of them reads both tables in the order in which they lie, and no index.
    private const string Tables = """
        CREATE TABLE meta(key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
        CREATE TABLE epoch(epoch INTEGER PRIMARY KEY, sealed INTEGER NOT NULL, work INTEGER NOT NULL, touched INTEGER NOT NULL);
        CREATE TABLE log(
            sequence INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, customer BLOB, customer_sequence INTEGER NOT NULL, at INTEGER NOT NULL,
            decision BLOB, accounting BLOB NOT NULL, personal BLOB NOT NULL);
        CREATE TABLE customer_record(
            customer BLOB, customer_sequence INTEGER, sequence INTEGER NOT NULL, PRIMARY KEY(customer, customer_sequence)) WITHOUT ROWID;
        CREATE TABLE decision(hash BLOB PRIMARY KEY, sequence INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE identity(id_hash BLOB PRIMARY KEY, customer BLOB NOT NULL, slot INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX identity_customer ON identity(customer);
        CREATE TABLE data_key(slot INTEGER PRIMARY KEY, key BLOB NOT NULL);
        CREATE TABLE snapshot(
            place INTEGER PRIMARY KEY, slot INTEGER, customer BLOB NOT NULL UNIQUE, customer_sequence INTEGER NOT NULL, due INTEGER, state BLOB NOT NULL);
        CREATE INDEX snapshot_due ON snapshot(due) WHERE due IS NOT NULL;
        CREATE TABLE checkpoint(projection TEXT PRIMARY KEY, watermark INTEGER NOT NULL, state BLOB NOT NULL);
        CREATE TABLE tombstone(id_hash BLOB PRIMARY KEY, erased_at INTEGER NOT NULL, message_hashes BLOB NOT NULL);
        CREATE TABLE erased(customer BLOB PRIMARY KEY) WITHOUT ROWID;
        CREATE TABLE catalog(version INTEGER PRIMARY KEY, published_at INTEGER NOT NULL, hash TEXT NOT NULL, bundle BLOB NOT NULL);
        CREATE TABLE value(key TEXT PRIMARY KEY, value BLOB NOT NULL);
        """;

    /// <summary>Makes the tables of an empty file; checks the format of any other.</summary>
    /// <param name="newSecret">Secret of a new store; empty: random.</param>
    public static void Ensure(SqliteDatabase database, string path, ReadOnlySpan<byte> newSecret = default)
    {
        if (database.ReadInt64("SELECT count(*) FROM sqlite_schema") != 0)
        {
            Check(database, path);
            return;
        }

        database.Execute("BEGIN IMMEDIATE");
        database.Execute(Tables);
        database.Execute($"PRAGMA application_id={ApplicationId}");
        database.Execute($"INSERT INTO meta VALUES('format', {Format}), ('index_complete', 0)");
        using (var secret = database.Prepare("INSERT INTO meta VALUES('secret', ?)"))
            secret.Bind(1, newSecret.IsEmpty ? RandomNumberGenerator.GetBytes(32) : newSecret).Run();
        database.Execute("COMMIT");
    }

    /// <summary>Refuses what is no store of a node, or is of a later or earlier format.</summary>
    public static void Check(SqliteDatabase database, string path)
    {
        if (database.ReadInt64("PRAGMA application_id") != ApplicationId)
            throw new NodeLogException(NodeLogError.NotAStore, $"'{path}' is not the store of a node.");

        var format = database.ReadInt64("SELECT value FROM meta WHERE key='format'")
            ?? throw new NodeLogException(NodeLogError.NotAStore, $"'{path}' has no format version.");
        if (format > CutFormat)
        {
            throw new NodeLogException(
                NodeLogError.FormatTooNew, $"'{path}' has format {format}; this release reads {CutFormat}. Use the release that wrote it, or a later one.");
        }

        if (format < Format)
        {
            throw new NodeLogException(
                NodeLogError.FormatTooOld, $"'{path}' has format {format}, of before the first release; this release reads {Format} and {CutFormat} only.");
        }
    }

    /// <summary>Makes a store one that is cut; changes nothing of one that is. In the transaction of a cut.</summary>
    public static void EnsureBases(SqliteDatabase database)
    {
        database.Execute("CREATE TABLE IF NOT EXISTS base(customer BLOB PRIMARY KEY, customer_sequence INTEGER NOT NULL, accounting BLOB NOT NULL, personal BLOB NOT NULL)");
        database.Execute($"UPDATE meta SET value={CutFormat} WHERE key='format' AND value<>{CutFormat}");
    }

    public static bool HasBases(SqliteDatabase database) => database.ReadInt64("SELECT count(*) FROM sqlite_schema WHERE name='base'") != 0;

    public static byte[] ReadSecret(SqliteDatabase database)
    {
        using var statement = database.Prepare("SELECT value FROM meta WHERE key='secret'");
        if (!statement.Step()) throw new SqliteStoreException(raw.SQLITE_CORRUPT, "the secret is missing");
        var secret = statement.Blob(0).ToArray();
        statement.Reset();
        return secret;
    }

    /// <summary>Seals all earlier epochs and begins the next one, in one transaction.</summary>
    public static long BeginEpoch(SqliteDatabase database)
    {
        database.Execute("BEGIN IMMEDIATE");
        var epoch = (database.ReadInt64("SELECT max(epoch) FROM epoch") ?? 0) + 1;
        database.Execute("UPDATE epoch SET sealed=1 WHERE sealed=0");
        database.Execute($"INSERT INTO epoch VALUES({epoch}, 0, 0, 0)");
        database.Execute("COMMIT");
        return epoch;
    }
}
