using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using PmOrleans.Node.Log;
using PmOrleans.Node.Log.Sqlite;

namespace PmOrleans.Node.Retention;

/// <summary>
/// Writes what is about to be cut: a gzip file of JSON lines for each transaction, on the disk before the records are gone. Personal parts stay under the
/// customer's key, which stays in the store: an erasure there makes them unreadable here as well. Decision hashes are left out, as an erasure could not.
/// </summary>
internal sealed class LogExport : IDisposable
{
    private const string Digits = "D15";
    private static readonly JsonWriterOptions Compact = new() { Indented = false };
    private readonly string _folder;

    public LogExport(string folder)
    {
        Directory.CreateDirectory(folder);
        _folder = folder;
    }

    public void Write(IReadOnlyList<LogRow> rows)
    {
        var first = rows[0].Sequence.ToString(Digits, CultureInfo.InvariantCulture);
        var last = rows[^1].Sequence.ToString(Digits, CultureInfo.InvariantCulture);
        var target = Path.Combine(_folder, $"log-{first}-{last}.ndjson.gz");
        var partial = target + ".partial";
        using (var file = new FileStream(partial, FileMode.Create, FileAccess.Write))
        {
            using (var zip = new GZipStream(file, CompressionLevel.Fastest, leaveOpen: true))
            {
                foreach (var row in rows)
                {
                    Write(zip, row);
                }
            }

            file.Flush(flushToDisk: true);
        }

        // One that begins with the same record is of a transaction that never was: somebody ended it between here and its commit.
        foreach (var unfinished in Directory.EnumerateFiles(_folder, $"log-{first}-*.ndjson.gz"))
        {
            File.Delete(unfinished);
        }

        File.Move(partial, target);
        FolderSync.Sync(_folder);
    }

    public void Dispose()
    {
        foreach (var partial in Directory.EnumerateFiles(_folder, "log-*.partial"))
        {
            File.Delete(partial);
        }
    }

    private static void Write(Stream zip, LogRow row)
    {
        using (var json = new Utf8JsonWriter(zip, Compact))
        {
            json.WriteStartObject();
            json.WriteNumber("sequence", row.Sequence);
            json.WriteNumber("epoch", row.Epoch);
            if (!row.Customer.IsNone)
            {
                json.WriteString("customer", row.Customer.ToString());
                json.WriteNumber("customerSequence", row.CustomerSequence);
            }

            json.WriteNumber("atMicros", row.AtMicros);
            json.WriteBase64String("accounting", row.Accounting);
            json.WriteBase64String("personal", row.Personal);
            json.WriteEndObject();
        }

        zip.WriteByte((byte)'\n');
    }
}
