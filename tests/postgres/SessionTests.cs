using Npgsql;
using PmOrleans.Node.Log;

namespace PmOrleans.Node.Tests.Log;

/// <summary>Servers as other people run them: what they give a role for its sessions, and what stands between.</summary>
public sealed class SessionTests
{
    private static readonly string[] Settings =
    [
        "synchronous_commit=on", "statement_timeout=0", "idle_session_timeout=0", "default_transaction_isolation=read committed", "lock_timeout=30000",
        "idle_in_transaction_session_timeout=3000",
    ];

    [LogFact]
    public async Task what_a_role_is_given_for_its_sessions_does_not_reach_those_of_the_store()
    {
        using var server = new PostgresServer();
        using var owner = new TestSchema(server.ConnectionString) { Name = "public" };
        foreach (var given in new[]
        {
            "synchronous_commit=off", "statement_timeout='1h'", "idle_session_timeout='1h'", "default_transaction_isolation=serializable", "lock_timeout='1h'",
            "idle_in_transaction_session_timeout='1h'", "search_path=elsewhere",
        })
            owner.Execute($"ALTER ROLE postgres SET {given}");
        using var schema = new TestSchema(server.ConnectionString);
        await using var log = await PostgresNodeLog.OpenAsync(schema.Options);
        schema.Execute(
            """
            CREATE TABLE seen(setting text);
            CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO seen SELECT name||'='||setting FROM pg_settings; RETURN NEW; END $$;
            CREATE TRIGGER look BEFORE INSERT ON fact FOR EACH ROW EXECUTE FUNCTION look();
            """);

        Assert.Null(await log.AppendAsync(TestRecord.Of(1, 1)));

        var asked = string.Join(", ", Settings.Select(setting => $"'{setting}'"));
        Assert.Equal(Settings.Length, schema.Query<long>($"SELECT count(*) FROM seen WHERE setting IN ({asked})"));
        Assert.Equal(Settings.Length, await log.Store.CountAsync($"SELECT count(*) FROM pg_settings WHERE name||'='||setting IN ({asked})", default));
    }

    [LogTheory]
    [InlineData("Search Path=elsewhere")]
    [InlineData("Target Session Attributes=primary")]
    [InlineData("Minimum Pool Size=50;Maximum Pool Size=60")]
    [InlineData("Multiplexing=true")]
    [InlineData("Pooling=false;Options=-c search_path=elsewhere -c synchronous_commit=off")]
    public async Task what_a_connection_string_says_of_sessions_and_pools_is_no_reason_not_to_start(string also)
    {
        using var schema = new TestSchema();
        await using var log = await PostgresNodeLog.OpenAsync(schema.Options with { ConnectionString = schema.Options.ConnectionString + ";" + also });
        Assert.Null(await log.AppendAsync(TestRecord.Of(1, 1)));

        Assert.Equal(1, await log.Store.CountAsync($"SELECT count(*) FROM {schema.Name}.fact", default));
    }

    [LogFact]
    public async Task of_several_servers_the_one_that_can_be_written_is_taken()
    {
        using var standby = new PostgresServer();
        using var primary = new PostgresServer();
        using (var owner = new TestSchema(standby.ConnectionString) { Name = "public" })
            owner.Execute("DO $$ BEGIN EXECUTE format('COPY (SELECT 1) TO %L', current_setting('data_directory')||'/standby.signal'); END $$");
        standby.Kill();
        standby.Start();
        var both = $"Host={HostOf(standby)},{HostOf(primary)};Username=postgres;Database=postgres";
        using var schema = new TestSchema(both);
        await using var log = await PostgresNodeLog.OpenAsync(schema.Options);

        Assert.Null(await log.AppendAsync(TestRecord.Of(1, 1)));
        Assert.Equal(1, await log.Store.CountAsync("SELECT count(*) FROM fact WHERE NOT pg_is_in_recovery()", default));
        await using var beside = new NpgsqlConnection(PostgresStore.SessionsBeside(both, schema.Name, "beside"));
        await beside.OpenAsync();
        await using var look = new NpgsqlCommand("SELECT count(*) FROM fact WHERE NOT pg_is_in_recovery()", beside);
        Assert.Equal(1L, await look.ExecuteScalarAsync());

        static string HostOf(PostgresServer server) => new NpgsqlConnectionStringBuilder(server.ConnectionString).Host!;
    }

    [LogFact]
    public async Task a_connection_string_without_a_host_is_refused_by_name()
    {
        using var schema = new TestSchema();

        var refusal = await Assert.ThrowsAsync<NodeLogException>(() => PostgresNodeLog.OpenAsync(schema.Options with { ConnectionString = "Username=postgres;Password=secret" }));

        Assert.Equal("The connection string has no Host; needed is Host=…;Port=…;Username=…;Database=….", refusal.Message);
    }

    [LogFact]
    public async Task a_database_that_cannot_hold_every_text_is_refused()
    {
        using var server = new PostgresServer();
        using var owner = new TestSchema(server.ConnectionString) { Name = "public" };
        owner.Execute("CREATE DATABASE western ENCODING LATIN1 TEMPLATE template0");
        using var schema = new TestSchema(server.ConnectionString + ";Database=western");

        var refusal = await Assert.ThrowsAsync<NodeLogException>(() => schema.OpenAsync());

        Assert.Equal("The database 'western' has the encoding LATIN1; allowed are UTF8 and SQL_ASCII.", refusal.Message);
        Assert.False(schema.Query<bool>($"SELECT EXISTS(SELECT 1 FROM pg_tables WHERE schemaname='{schema.Name}')"));
    }

    [LogFact]
    public async Task a_pooler_that_drops_the_settings_of_a_session_is_refused_and_no_table_is_made()
    {
        using var server = new PostgresServer();
        await using var pooler = new DroppingPooler(server.ConnectionString);
        using var schema = new TestSchema(pooler.ConnectionString);

        var refusal = await Assert.ThrowsAsync<NodeLogException>(() => schema.OpenAsync());

        Assert.Equal(NodeLogError.FolderUnusable, refusal.Error);
        Assert.StartsWith("The settings of the session did not reach the server", refusal.Message, StringComparison.Ordinal);
        using var direct = new TestSchema(server.ConnectionString) { Name = "public" };
        Assert.Equal(0, direct.Query<long>("SELECT count(*) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"));
    }
}
