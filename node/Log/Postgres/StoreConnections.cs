using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace PmOrleans.Node.Log.Postgres;

/// <summary>
/// How the store's connections are made. Every session has the schema first in its path and does not hold locks while nobody talks to it; what a role or a database is
/// given for its sessions does not reach these.
/// </summary>
internal static class StoreConnections
{
    // A frozen process must not keep what it has locked: the server ends its session.
    private static readonly TimeSpan IdleInTransaction = TimeSpan.FromSeconds(3);

    /// <summary>How long who reads waits for a connection while the server refuses further ones.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);

    /// <summary>Whose turn it is to ask again: each refusal costs the server a process, and of many who ask at once some would never be lucky.</summary>
    private static readonly SemaphoreSlim AsksAgain = new(1, 1);

    // A machine that is gone without a word must not keep the store's locks: the server asks after 10 s, and believes the silence 15 s later.
    private const string EndsWithItsMachine = "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3";

    // Nothing acknowledged is lost, whatever the role has; a writer without work keeps its lock; an erasure takes its time; who waits for the epoch's row goes on behind it.
    // The last one tells whether all of them have arrived.
    private const string Own =
        @"-c jit=off -c synchronous_commit=on -c idle_session_timeout=0 -c statement_timeout=0 -c default_transaction_isolation=read\ committed -c pmorleans.session=own";

    public static NpgsqlDataSource Readers(string connectionString, string schema, int most, TimeSpan serverTimeout)
    {
        var builder = Builder(connectionString, schema, serverTimeout, lockTimeout: serverTimeout);
        builder.MaxPoolSize = most;
        return Source(builder);
    }

    public static NpgsqlDataSource Writer(PostgresLogOptions options)
    {
        var builder = Builder(options.ConnectionString, options.Schema, options.ServerTimeout, options.BusyTimeout);
        builder.Pooling = false;
        builder.Options += " " + EndsWithItsMachine;
        return Source(builder);
    }

    /// <summary>One connection at a time, closed when it is given back.</summary>
    public static NpgsqlDataSource Alone(string connectionString, string schema, TimeSpan serverTimeout)
    {
        var builder = Builder(connectionString, schema, serverTimeout, lockTimeout: serverTimeout);
        builder.Pooling = false;
        return Source(builder);
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
        return Source(builder);
    }

    public static NpgsqlConnectionStringBuilder Builder(string connectionString, string schema, TimeSpan serverTimeout, TimeSpan lockTimeout)
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

        if (string.IsNullOrWhiteSpace(builder.Host))
            throw new NodeLogException(NodeLogError.FolderUnusable, "The connection string has no Host; needed is Host=…;Port=…;Username=…;Database=….");

        // Of several servers the one that can be written, soon after it is another.
        builder.TargetSessionAttributes = builder.Host.Contains(',', StringComparison.Ordinal) ? "primary" : null;
        builder.HostRecheckSeconds = 1;
        builder.Timeout = seconds;
        builder.CommandTimeout = seconds;
        builder.CancellationTimeout = -1;
        builder.KeepAlive = seconds;
        builder.Pooling = true;
        builder.MinPoolSize = 0;
        builder.Multiplexing = false;
        builder.MaxAutoPrepare = 64;
        builder.AutoPrepareMinUsages = 2;
        builder.ApplicationName ??= "pmorleans";

        // As a parameter of its own: it goes before the options, and so would one of the connection string's.
        builder.SearchPath = schema;
        builder.Options = string.Create(
            CultureInfo.InvariantCulture,
            $"{builder.Options} {Own} -c lock_timeout={(int)lockTimeout.TotalMilliseconds} -c idle_in_transaction_session_timeout={(int)IdleInTransaction.TotalMilliseconds}").Trim();
        return builder;
    }

    public static NpgsqlDataSource Source(NpgsqlConnectionStringBuilder builder)
    {
        try
        {
            var source = new NpgsqlDataSourceBuilder(builder.ConnectionString);
            source.UsePhysicalConnectionInitializer(Check, CheckAsync);
            return source.Build();
        }
        catch (Exception contradictory) when (contradictory is ArgumentException or InvalidOperationException or NotSupportedException)
        {
            throw new NodeLogException(NodeLogError.FolderUnusable, $"The connection string is refused: {contradictory.Message}");
        }
    }

    /// <summary>A connection of a pool. Where the server has no more for it, one of those that the pool has, as soon as it is given back, or the next that the server has.</summary>
    /// <exception cref="PostgresException">It has had none for two seconds.</exception>
    public static NpgsqlConnection Open(NpgsqlDataSource source)
    {
        var began = Stopwatch.GetTimestamp();
        try
        {
            return source.OpenConnection();
        }
        catch (PostgresException full) when (IsFull(full, began))
        {
            // Waits below.
        }

        var isTurn = AsksAgain.Wait(Patience);
        try
        {
            while (true)
            {
                try
                {
                    return source.OpenConnection();
                }
                catch (PostgresException full) when (IsFull(full, began))
                {
                    Thread.Sleep(Pause);
                }
            }
        }
        finally
        {
            if (isTurn) AsksAgain.Release();
        }
    }

    /// <inheritdoc cref="Open"/>
    public static async Task<NpgsqlConnection> OpenAsync(NpgsqlDataSource source, CancellationToken cancellation)
    {
        var began = Stopwatch.GetTimestamp();
        try
        {
            return await source.OpenConnectionAsync(cancellation);
        }
        catch (PostgresException full) when (IsFull(full, began))
        {
            // Waits below.
        }

        var isTurn = await AsksAgain.WaitAsync(Patience, cancellation);
        try
        {
            while (true)
            {
                try
                {
                    return await source.OpenConnectionAsync(cancellation);
                }
                catch (PostgresException full) when (IsFull(full, began))
                {
                    await Task.Delay(Pause, cancellation);
                }
            }
        }
        finally
        {
            if (isTurn) AsksAgain.Release();
        }
    }

    private static bool IsFull(PostgresException failure, long began) =>
        failure.SqlState == PostgresErrorCodes.TooManyConnections && Stopwatch.GetElapsedTime(began) < Patience;

    private static void Check(NpgsqlConnection connection)
    {
        using var command = Look(connection);
        using var row = command.ExecuteReader();
        row.Read();
        Check(connection, row);
    }

    private static async Task CheckAsync(NpgsqlConnection connection)
    {
        await using var command = Look(connection);
        await using var row = await command.ExecuteReaderAsync();
        await row.ReadAsync();
        Check(connection, row);
    }

    private static NpgsqlCommand Look(NpgsqlConnection connection) =>
        new("SELECT coalesce(current_setting('pmorleans.session', true), ''), current_setting('server_encoding')", connection);

    private static void Check(NpgsqlConnection connection, NpgsqlDataReader row)
    {
        if (row.GetString(0) != "own")
        {
            throw new NodeLogException(
                NodeLogError.FolderUnusable,
                "The settings of the session did not reach the server: something between, such as a pooler, drops them. Connect to the server itself.");
        }

        // Bytes of the one go in and out of the other as they are; anything else has no room for most of what people write.
        if (row.GetString(1) is not ("UTF8" or "SQL_ASCII") and var encoding)
            throw new NodeLogException(NodeLogError.FolderUnusable, $"The database '{connection.Database}' has the encoding {encoding}; allowed are UTF8 and SQL_ASCII.");
    }

    private static void CheckSchema(string schema)
    {
        if (schema.Length is 0 or > 60 || !schema.All(c => c is '_' or (>= 'a' and <= 'z') or (>= '0' and <= '9')) || char.IsAsciiDigit(schema[0]))
            throw new ArgumentException($"The schema is '{schema}'; allowed are 1 to 60 lower-case letters, digits and underscores, no digit first.", nameof(schema));
    }
}
