using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PmOrleans.Benchmarks.Http;

namespace PmOrleans.Benchmarks.SideBySide;

/// <summary>
/// The design people use today: a stateless service that keeps profiles and counters in a database. For each decision it reads the customer's profile and
/// counters, filters a dozen offers by a cap, draws one, and writes decision and counter in one transaction.
/// </summary>
/// <remarks>
/// Written as one would for speed: prepared statements, pooled connections, one round trip's worth of work in a transaction, covering primary keys. Each of the
/// offers has a cap of a day; nothing is learned and no budget is kept, which favours it.
/// </remarks>
public static class StatelessServer
{
    private const int Offers = 12;
    private const int Cap = 20;
    private const int Connections = 8;

    /// <param name="args"><c>--file PATH</c>, <c>--synchronous FULL|NORMAL</c>, the rest for ASP.NET Core.</param>
    public static async Task RunAsync(string[] args)
    {
        var file = args[Array.IndexOf(args, "--file") + 1];
        var synchronous = args[Array.IndexOf(args, "--synchronous") + 1];
        using var pool = new StatementPool(file, synchronous);
        var builder = WebApplication.CreateSlimBuilder(args);
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options => options.AddServerHeader = false);
        builder.Services.ConfigureHttpJsonOptions(options => options.SerializerOptions.TypeInfoResolverChain.Insert(0, BaselineJson.Default));
        var app = builder.Build();
        app.MapGet("/readyz", () => "ready");
        app.MapPost("/v1/decisions", (BaselineRequest request) => Decide(request, pool));
        await app.RunAsync();
    }

    private static BaselineAnswer Decide(BaselineRequest request, StatementPool pool)
    {
        var statements = pool.Rent();
        try
        {
            var offer = statements.Decide(request.CustomerId, request.DecisionId, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
            return new BaselineAnswer(
                request.DecisionId, request.CustomerId, DateTimeOffset.UtcNow, 1, false,
                [new BaselinePlacement(request.Placements[0].Id, "default", false, [new BaselineOffer(1, $"offer-{offer}", "campaign", "creative", BaselineContent.Sample, 1.0 / Offers, 1, false)])]);
        }
        finally
        {
            pool.Return(statements);
        }
    }

    private sealed class StatementPool : IDisposable
    {
        private readonly BlockingCollection<Statements> _idle = [];

        public StatementPool(string file, string synchronous)
        {
            for (var i = 0; i < Connections; i++)
            {
                _idle.Add(new Statements(file, synchronous, isFirst: i == 0));
            }
        }

        public Statements Rent() => _idle.Take();

        public void Return(Statements statements) => _idle.Add(statements);

        public void Dispose()
        {
            foreach (var statements in _idle)
            {
                statements.Dispose();
            }

            _idle.Dispose();
        }
    }

    private sealed class Statements : IDisposable
    {
        private readonly SqliteConnection _connection;
        private readonly SqliteCommand _profile;
        private readonly SqliteCommand _counters;
        private readonly SqliteCommand _touch;
        private readonly SqliteCommand _count;
        private readonly SqliteCommand _log;

        public Statements(string file, string synchronous, bool isFirst)
        {
            _connection = new SqliteConnection($"Data Source={file};Pooling=False;Default Timeout=30");
            _connection.Open();
            Execute($"PRAGMA journal_mode=WAL; PRAGMA synchronous={synchronous}; PRAGMA cache_size=-65536; PRAGMA busy_timeout=30000");
            if (isFirst)
            {
                Execute("""
                    CREATE TABLE profile(customer TEXT PRIMARY KEY, visits INTEGER NOT NULL, last INTEGER NOT NULL, attributes TEXT NOT NULL) WITHOUT ROWID;
                    CREATE TABLE counter(customer TEXT, offer INTEGER, day INTEGER, shown INTEGER NOT NULL, PRIMARY KEY(customer, offer, day)) WITHOUT ROWID;
                    CREATE TABLE decision(id TEXT PRIMARY KEY, customer TEXT NOT NULL, offer INTEGER NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
                    """);
            }

            _profile = Prepare("SELECT visits, attributes FROM profile WHERE customer=$customer");
            _counters = Prepare("SELECT offer, shown FROM counter WHERE customer=$customer AND day=$day");
            _touch = Prepare("INSERT INTO profile VALUES($customer, 1, $at, '{\"tier\":\"none\"}') ON CONFLICT DO UPDATE SET visits=visits+1, last=excluded.last");
            _count = Prepare("INSERT INTO counter VALUES($customer, $offer, $day, 1) ON CONFLICT DO UPDATE SET shown=shown+1");
            _log = Prepare("INSERT OR IGNORE INTO decision VALUES($id, $customer, $offer, $at)");
        }

        /// <summary>The offer drawn, or -1 when all are capped.</summary>
        public int Decide(string customer, string id, long atMs)
        {
            var day = atMs / 86_400_000;
            Span<int> shown = stackalloc int[Offers];
            shown.Clear();

            // The counters must not change between reading and writing them: the caps would not hold.
            Execute("BEGIN IMMEDIATE");
            try
            {
                Set(_profile, customer, id, -1, day, atMs);
                using (var reader = _profile.ExecuteReader())
                {
                    reader.Read();
                }

                Set(_counters, customer, id, -1, day, atMs);
                using (var reader = _counters.ExecuteReader())
                {
                    while (reader.Read())
                    {
                        shown[reader.GetInt32(0)] = reader.GetInt32(1);
                    }
                }

                var offer = Draw(shown);
                Run(_touch, customer, id, offer, day, atMs);
                if (offer >= 0)
                {
                    Run(_count, customer, id, offer, day, atMs);
                }

                Run(_log, customer, id, offer, day, atMs);
                Execute("COMMIT");
                return offer;
            }
            catch
            {
                Execute("ROLLBACK");
                throw;
            }
        }

        public void Dispose() => _connection.Dispose();

        private static int Draw(ReadOnlySpan<int> shown)
        {
            var from = Random.Shared.Next(Offers);
            for (var i = 0; i < Offers; i++)
            {
                if (shown[(from + i) % Offers] < Cap)
                {
                    return (from + i) % Offers;
                }
            }

            return -1;
        }

        private static void Run(SqliteCommand command, string customer, string id, int offer, long day, long atMs)
        {
            Set(command, customer, id, offer, day, atMs);
            command.ExecuteNonQuery();
        }

        private static void Set(SqliteCommand command, string customer, string id, int offer, long day, long atMs)
        {
            foreach (SqliteParameter parameter in command.Parameters)
            {
                parameter.Value = parameter.ParameterName switch
                {
                    "$customer" => customer,
                    "$id" => id,
                    "$offer" => offer,
                    "$day" => day,
                    _ => atMs,
                };
            }
        }

        private SqliteCommand Prepare(string sql)
        {
            var command = _connection.CreateCommand();
            command.CommandText = sql;
            foreach (var name in (string[])["$customer", "$id", "$offer", "$day", "$at"])
            {
                if (sql.Contains(name, StringComparison.Ordinal))
                {
                    command.Parameters.Add(new SqliteParameter(name, null));
                }
            }

            return command;
        }

        private void Execute(string sql)
        {
            using var command = _connection.CreateCommand();
            command.CommandText = sql;
            command.ExecuteNonQuery();
        }
    }
}
