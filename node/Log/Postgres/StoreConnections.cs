using System.Globalization;
using Npgsql;

namespace PmOrleans.Node.Log.Postgres;

/// <summary>How the store's connections are made. Every session has the schema first in its path and does not hold locks while nobody talks to it.</summary>
internal static class StoreConnections
{
    // A frozen process must not keep what it has locked: the server ends its session.
    private static readonly TimeSpan IdleInTransaction = TimeSpan.FromSeconds(3);

    // A machine that is gone without a word must not keep the store's locks: the server asks after 10 s, and believes the silence 15 s later.
    private const string EndsWithItsMachine = "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3";

    public static NpgsqlDataSource Readers(string connectionString, string schema, int most, TimeSpan serverTimeout)
    {
        var builder = Builder(connectionString, schema, serverTimeout, lockTimeout: serverTimeout);
        builder.MaxPoolSize = most;
        return NpgsqlDataSource.Create(builder);
    }

    public static NpgsqlDataSource Writer(PostgresLogOptions options)
    {
        var builder = Builder(options.ConnectionString, options.Schema, options.ServerTimeout, options.BusyTimeout);
        builder.Pooling = false;
        builder.Options += " " + EndsWithItsMachine;
        return NpgsqlDataSource.Create(builder);
    }

    /// <summary>One connection at a time, closed when it is given back.</summary>
    public static NpgsqlDataSource Alone(string connectionString, string schema, TimeSpan serverTimeout)
    {
        var builder = Builder(connectionString, schema, serverTimeout, lockTimeout: serverTimeout);
        builder.Pooling = false;
        return NpgsqlDataSource.Create(builder);
    }

    /// <summary>
    /// A table that is empty one moment and long the next: plans that were made for the one must serve the other, hence nothing but the walk along the key. Each is
    /// made for the customers it leaves out: only a list that is known then is looked up by hash, and any other compared row by row.
    /// </summary>
    public static NpgsqlDataSource Queue(string connectionString, string schema, TimeSpan serverTimeout)
    {
        var builder = Builder(connectionString, schema, serverTimeout, lockTimeout: serverTimeout);
        builder.MaxPoolSize = 4;
        builder.Options += " -c enable_seqscan=off -c enable_bitmapscan=off -c plan_cache_mode=force_custom_plan";
        return NpgsqlDataSource.Create(builder);
    }

    private static NpgsqlConnectionStringBuilder Builder(string connectionString, string schema, TimeSpan serverTimeout, TimeSpan lockTimeout)
    {
        CheckSchema(schema);
        var seconds = Math.Max(1, (int)Math.Ceiling(serverTimeout.TotalSeconds));
        NpgsqlConnectionStringBuilder builder;
        try
        {
            builder = new NpgsqlConnectionStringBuilder(connectionString);
        }
        catch (Exception malformed) when (malformed is ArgumentException or FormatException)
        {
            // Npgsql's message may quote the string, and with it a password.
            throw new NodeLogException(NodeLogError.FolderUnusable, "The connection string cannot be read; allowed is Host=…;Port=…;Username=…;Database=….");
        }

        builder.Timeout = seconds;
        builder.CommandTimeout = seconds;
        builder.CancellationTimeout = -1;
        builder.KeepAlive = seconds;
        builder.MaxAutoPrepare = 64;
        builder.AutoPrepareMinUsages = 2;
        builder.ApplicationName ??= "pmorleans";
        builder.Options = string.Create(
            CultureInfo.InvariantCulture,
            $"{builder.Options} -c search_path={schema} -c jit=off -c lock_timeout={(int)lockTimeout.TotalMilliseconds} -c idle_in_transaction_session_timeout={(int)IdleInTransaction.TotalMilliseconds}").Trim();
        return builder;
    }

    private static void CheckSchema(string schema)
    {
        if (schema.Length is 0 or > 60 || !schema.All(c => c is '_' or (>= 'a' and <= 'z') or (>= '0' and <= '9')) || char.IsAsciiDigit(schema[0]))
            throw new ArgumentException($"The schema is '{schema}'; allowed are 1 to 60 lower-case letters, digits and underscores, no digit first.", nameof(schema));
    }
}
