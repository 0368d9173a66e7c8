using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PmOrleans.Benchmarks.Http;

namespace PmOrleans.Benchmarks.SideBySide;

/// <summary>
/// Bare SQLite: the do-nothing endpoint with one row inserted for each request, committed with an fsync before the answer. Nothing is read and nothing decided: what a
/// durable answer costs when each is a transaction of its own.
/// </summary>
public static class BareSqliteServer
{
    /// <param name="args"><c>--file PATH</c>, the rest for ASP.NET Core.</param>
    public static async Task RunAsync(string[] args)
    {
        using var connection = new SqliteConnection($"Data Source={args[Array.IndexOf(args, "--file") + 1]};Pooling=False");
        connection.Open();
        using var setUp = connection.CreateCommand();
        setUp.CommandText = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE decision(id TEXT PRIMARY KEY, customer TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID";
        setUp.ExecuteNonQuery();
        using var insert = connection.CreateCommand();
        insert.CommandText = "INSERT INTO decision VALUES($id, $customer, $at)";
        var (id, customer, at) = (insert.Parameters.Add("$id", SqliteType.Text), insert.Parameters.Add("$customer", SqliteType.Text), insert.Parameters.Add("$at", SqliteType.Integer));
        insert.Prepare();

        // SQLite has one writer whatever is done; waiting for it costs no thread.
        using var turn = new SemaphoreSlim(1);
        var builder = WebApplication.CreateSlimBuilder(args);
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options => options.AddServerHeader = false);
        builder.Services.ConfigureHttpJsonOptions(options => options.SerializerOptions.TypeInfoResolverChain.Insert(0, BaselineJson.Default));
        var app = builder.Build();
        app.MapGet("/readyz", () => "ready");
        app.MapPost("/v1/decisions", async (BaselineRequest request) =>
        {
            await turn.WaitAsync();
            try
            {
                (id.Value, customer.Value, at.Value) = (request.DecisionId, request.CustomerId, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
                insert.ExecuteNonQuery();
            }
            finally
            {
                turn.Release();
            }

            return new BaselineAnswer(
                request.DecisionId, request.CustomerId, DateTimeOffset.UtcNow, 1, false,
                [new BaselinePlacement(request.Placements[0].Id, "default", false, [new BaselineOffer(1, "offer", "campaign", "creative", BaselineContent.Sample, 1, 1, false)])]);
        });
        await app.RunAsync();
    }
}
