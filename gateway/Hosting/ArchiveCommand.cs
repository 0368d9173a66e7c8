using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Gateway.Customers;
using PmOrleans.Gateway.Json;
using PmOrleans.Node.Log;
using PmOrleans.Node.Retention;

namespace PmOrleans.Gateway.Hosting;

/// <summary>Lists and reads exports of what was cut.</summary>
internal static class ArchiveCommand
{
    /// <summary>A file is damaged; the others were looked at as well.</summary>
    private const int Damaged = 1;

    /// <summary>Somebody ended it.</summary>
    private const int Ended = 1;

    /// <summary>Facts without names, as they lie in the log: numbers of the catalog, times in Unix microseconds.</summary>
    private static readonly JsonSerializerOptions Plain = new(Bodies.Options) { Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase), new HashConverter() } };

    /// <summary>One line a file, in the order of the records, and what is between them.</summary>
    public static int List(string export)
    {
        try
        {
            using var archive = LogArchive.Open(export, dataFolder: null);
            var code = 0;
            ArchiveFile? before = null;
            foreach (var file in archive.Files)
            {
                if (before?.Store == file.Store && file.First != before.Last + 1)
                {
                    Console.WriteLine(file.First > before.Last + 1
                        ? string.Create(CultureInfo.InvariantCulture, $"(no file has records {before.Last + 1} to {file.First - 1})")
                        : string.Create(CultureInfo.InvariantCulture, $"(records {file.First} to {Math.Min(before.Last, file.Last)} are in two files, as after the restore of an older backup)"));
                }

                try
                {
                    var summary = LogArchive.Check(file);
                    Console.WriteLine(string.Create(
                        CultureInfo.InvariantCulture,
                        $"{Path.GetFileName(file.Path)}  {summary.Records} records  {Time(summary.FromMicros)} to {Time(summary.ToMicros)}  ok"));
                }
                catch (ArchiveException damaged)
                {
                    code = Damaged;
                    Console.WriteLine($"{Path.GetFileName(file.Path)}  damaged: {damaged.Message}");
                }

                before = file;
            }

            return code;
        }
        catch (ArchiveException failed)
        {
            throw new StartException(failed.Message, failed);
        }
    }

    /// <exception cref="StartException">A time is none, or there is nothing between them.</exception>
    public static ArchiveFilter Filter(string? customer, string? decision, string? from, string? to)
    {
        var filter = new ArchiveFilter
        {
            CustomerId = customer,
            DecisionId = decision,
            FromMicros = from is null ? long.MinValue : CommandTime.Micros("--from", from),
            ToMicros = to is null ? long.MaxValue : CommandTime.Micros("--to", to),
        };
        return filter.FromMicros < filter.ToMicros ? filter : throw new StartException($"--from is '{from}' and --to is '{to}'; --from must be earlier");
    }

    /// <summary>Facts as JSON lines on the standard output.</summary>
    /// <param name="export">As it was given to the cut.</param>
    /// <param name="data">Folder of the store; <c>null</c>: it is in the database, or not at hand.</param>
    /// <param name="connection">PostgreSQL database of the store, with its schema.</param>
    public static async Task<int> ReadAsync(string export, string? data, (string Text, string Schema)? connection, ArchiveFilter filter, CancellationToken cancellation)
    {
        if (data is null && connection is null && (filter.CustomerId ?? filter.DecisionId) is not null)
        {
            throw new StartException($"{(filter.CustomerId is null ? "--decision" : "--customer")} needs --data or --connection: only the store knows whose a record is");
        }

        if (data is not null && connection is not null)
        {
            throw new StartException("--data and --connection are two stores; allowed is one of them");
        }

        try
        {
            using var archive = connection is var (text, schema) ? await LogArchive.OpenAsync(export, text, schema, cancellation) : LogArchive.Open(export, data);
            using var output = Console.OpenStandardOutput();
            using var lines = new BufferedStream(output, 64 << 10);
            var erased = new HashSet<string>(StringComparer.Ordinal);
            var isEmpty = true;
            foreach (var fact in archive.Read(filter))
            {
                isEmpty = false;
                if (cancellation.IsCancellationRequested)
                {
                    return Ended;
                }

                Write(lines, fact);
                if (fact.IsErased)
                {
                    erased.Add(fact.Customer!);
                }
            }

            lines.Flush();
            if (isEmpty)
            {
                Console.Error.WriteLine($"pmorleans: nothing in the files under {export} is what was asked for");
            }

            if (erased.Count > 0)
            {
                Console.Error.WriteLine($"pmorleans: {erased.Count} of the customers were erased: their keys are gone, and of their facts only the accounting parts can be read");
            }

            return 0;
        }
        catch (Exception failed) when (failed is ArchiveException or NodeLogException or ArgumentException)
        {
            throw new StartException(failed.Message, failed);
        }
        catch (IOException)
        {
            // Whoever reads the lines has enough of them.
            return Ended;
        }
    }

    private static void Write(Stream lines, ArchivedFact fact)
    {
        var body = new ArchivedFactBody(
            fact.Store, fact.Record, IsoTime.ToDateTime(fact.AtMicros), fact.Customer, fact.CustomerId, fact.IsErased ? true : null,
            fact.View is { } view ? FactBody.From(view) : null,
            fact.View is null ? Accounting(fact.Fact) : null);
        JsonSerializer.Serialize(lines, body, Bodies.Options);
        lines.WriteByte((byte)'\n');
    }

    private static JsonElement Accounting(Fact fact) => JsonSerializer.SerializeToElement(fact, fact.GetType(), Plain);

    private static string Time(long micros) => IsoTime.ToDateTime(micros).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>128 bits have no number in JSON that everybody reads.</summary>
    private sealed class HashConverter : JsonConverter<UInt128>
    {
        public override UInt128 Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, UInt128 value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString("x32", CultureInfo.InvariantCulture));
    }
}

/// <summary>A line of what an export holds: one fact, as <c>GET …/facts</c> gives it, or its accounting part where there is no key.</summary>
internal sealed record ArchivedFactBody(
    string Store, long Record, DateTime RecordAt, string? Customer, string? CustomerId, bool? Erased, FactBody? Fact, JsonElement? Accounting);
