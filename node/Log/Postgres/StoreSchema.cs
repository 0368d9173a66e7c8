using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace PmOrleans.Node.Log.Postgres;

/// <summary>Makes the tables once, whoever comes first, and knows the format.</summary>
internal static class StoreSchema
{
    /// <summary>Of a store that was never cut.</summary>
    public const long Format = 2;

    /// <summary>Of one whose logs were cut.</summary>
    public const long CutFormat = 3;
    private const string Script = "PmOrleans.Node.Log.Postgres.node-store.sql";
    private const string BasesScript = "PmOrleans.Node.Log.Postgres.store-bases.sql";
    private const string RunningCutsScript = "PmOrleans.Node.Log.Postgres.store-running-cuts.sql";

    // "PmOL" and the purpose: two programs of ours that make tables in one database wait for each other.
    private const long CreationLock = 0x506D4F4C_0001;

    /// <summary>Makes schema and tables unless they are there; refuses another format.</summary>
    public static void Ensure(NpgsqlConnection connection, string schema)
    {
        if (!HasTables(connection, schema)) Create(connection, schema);
        Check(connection, schema);
    }

    /// <summary>Refuses what is no store, or one of a later or earlier format.</summary>
    public static void Check(NpgsqlConnection connection, string schema)
    {
        if (!HasTables(connection, schema))
            throw new NodeLogException(NodeLogError.NotAStore, $"The schema '{schema}' of database '{connection.Database}' is no store of nodes.");
        var format = long.Parse(Encoding.UTF8.GetString(ReadMeta(connection, "format")), CultureInfo.InvariantCulture);
        if (format is Format or CutFormat) return;
        throw new NodeLogException(
            format > CutFormat ? NodeLogError.FormatTooNew : NodeLogError.FormatTooOld,
            $"The schema '{schema}' of database '{connection.Database}' has format {format}; this release reads {Format} and {CutFormat}.");
    }

    /// <summary>Makes a store one that is cut; changes nothing of one that is. In the transaction of a cut.</summary>
    public static void EnsureBases(NpgsqlConnection connection, string schema)
    {
        if (!HasBases(connection, schema)) Execute(connection, ReadScript(BasesScript));
    }

    /// <summary>Makes a store one that may be cut while nodes write; changes nothing of one that is.</summary>
    public static void EnsureRunningCuts(NpgsqlConnection connection, string schema)
    {
        if (HasRunningCuts(connection)) return;
        using var transaction = connection.BeginTransaction();

        // As an erasure: nobody who writes holds anything then that the tables' own locks would have to wait for, and of two who come here one is second.
        Execute(connection, "LOCK TABLE erased IN SHARE ROW EXCLUSIVE MODE");
        EnsureBases(connection, schema);
        if (!HasRunningCuts(connection)) Execute(connection, ReadScript(RunningCutsScript));
        transaction.Commit();
    }

    public static bool HasBases(NpgsqlConnection connection, string schema) => HasTable(connection, schema, "base");

    public static byte[] ReadSecret(NpgsqlConnection connection) => ReadMeta(connection, "secret");

    private static bool HasRunningCuts(NpgsqlConnection connection)
    {
        using var command = new NpgsqlCommand("SELECT EXISTS(SELECT 1 FROM pg_trigger WHERE tgrelid='fact'::regclass AND tgname='fact_behind_base')", connection);
        return (bool)command.ExecuteScalar()!;
    }

    private static bool HasTables(NpgsqlConnection connection, string schema) => HasTable(connection, schema, "meta");

    private static bool HasTable(NpgsqlConnection connection, string schema, string table)
    {
        // By the table's own row: a look-up by name would answer from what this session remembers, also once another one has made it.
        using var command = new NpgsqlCommand("SELECT EXISTS(SELECT 1 FROM pg_tables WHERE schemaname=$1 AND tablename=$2)", connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = schema });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = table });
        return (bool)command.ExecuteScalar()!;
    }

    private static void Create(NpgsqlConnection connection, string schema)
    {
        using var transaction = connection.BeginTransaction();
        Execute(connection, $"SELECT pg_advisory_xact_lock({CreationLock})");

        // Whoever held the lock may have made them.
        if (HasTables(connection, schema)) return;
        Execute(connection, $"CREATE SCHEMA IF NOT EXISTS {schema}");
        Execute(connection, ReadScript(Script));
        using (var meta = new NpgsqlCommand("INSERT INTO meta VALUES('format', $1), ('secret', $2)", connection))
        {
            meta.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = Encoding.UTF8.GetBytes(Format.ToString(CultureInfo.InvariantCulture)) });
            meta.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = RandomNumberGenerator.GetBytes(32) });
            meta.ExecuteNonQuery();
        }

        transaction.Commit();
    }

    private static byte[] ReadMeta(NpgsqlConnection connection, string key)
    {
        using var command = new NpgsqlCommand("SELECT value FROM meta WHERE key=$1", connection);
        command.Parameters.Add(new NpgsqlParameter { Value = key, NpgsqlDbType = NpgsqlDbType.Text });
        return command.ExecuteScalar() as byte[] ?? throw new NodeLogException(NodeLogError.Corrupt, $"The store has no '{key}'.");
    }

    private static string ReadScript(string name)
    {
        using var stream = typeof(StoreSchema).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static void Execute(NpgsqlConnection connection, string sql)
    {
        using var command = new NpgsqlCommand(sql, connection);
        command.ExecuteNonQuery();
    }
}
