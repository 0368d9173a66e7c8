using Npgsql;
using PmOrleans.Node.Log.Postgres;

namespace PmOrleans.Node.Log;

/// <summary>
/// Hears at once of catalogs that any node publishes, over a connection of its own. For one waiting caller. What is heard is a reason to look, no more: notices
/// get lost with a connection, hence the bound on each wait.
/// </summary>
public sealed class CatalogWatch : IAsyncDisposable
{
    private readonly NpgsqlDataSource _source;
    private readonly string _schema;
    private NpgsqlConnection? _listening;

    internal CatalogWatch(NpgsqlDataSource source, string schema) => (_source, _schema) = (source, schema);

    /// <summary>
    /// Returns when something was published, when this watch has just begun to listen (again), or after a while: each time look at the store. While the server
    /// is away every wait takes its whole time.
    /// </summary>
    /// <param name="atMost">The longest a version may go unnoticed; above zero.</param>
    public async Task WaitAsync(TimeSpan atMost, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(atMost, TimeSpan.Zero);
        if (_listening is { } listening)
        {
            try
            {
                await listening.WaitAsync(atMost, cancellation);
                return;
            }
            catch (Exception away) when (IsAway(away))
            {
                await CloseAsync();
            }
        }

        try
        {
            // What was published before it listened nobody has told it: look once now.
            await ListenAsync(cancellation);
            return;
        }
        catch (Exception away) when (IsAway(away))
        {
            // Nothing to hear: the caller's look finds out by itself what is wrong.
        }

        await Task.Delay(atMost, cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        await _source.DisposeAsync();
    }

    /// <summary>A connection that broke while nobody waited on it is refused as "not open".</summary>
    private static bool IsAway(Exception failure) => ServerFailure.IsServer(failure) || failure is InvalidOperationException or NodeLogException;

    private async Task ListenAsync(CancellationToken cancellation)
    {
        var connection = await _source.OpenConnectionAsync(cancellation);
        try
        {
            // As add_catalog names it; a schema's name is letters, digits and underscores.
            await using var listen = new NpgsqlCommand($"LISTEN {_schema}_catalog", connection);
            await listen.ExecuteNonQueryAsync(cancellation);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }

        _listening = connection;
    }

    private async ValueTask CloseAsync()
    {
        if (Interlocked.Exchange(ref _listening, null) is { } connection)
        {
            await connection.DisposeAsync();
        }
    }
}
