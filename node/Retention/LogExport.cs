using System.IO.Compression;
using System.Text.Json;
using PmOrleans.Node.Log;
using PmOrleans.Node.Log.Sqlite;

namespace PmOrleans.Node.Retention;

/// <summary>
/// Writes what is about to be cut: a gzip file of JSON lines for each transaction, on the disk before the records are gone. Personal parts stay under the
/// customer's key, which stays in the store: an erasure there makes them unreadable here as well. Decision hashes are left out, as an erasure could not.
/// Several stores may share a folder: each touches only files with its own name in them.
/// </summary>
internal sealed class LogExport : IDisposable
{
    private const string PartialExtension = ".partial";
    private const int Page = 1000;
    private static readonly JsonWriterOptions Compact = new() { Indented = false };

    private readonly string _folder;
    private readonly string _prefix;
    private readonly RangeReader _range;

    /// <param name="folder">Made if missing.</param>
    /// <param name="secret">The store's: what it is known by, as its folder may be moved and copied.</param>
    /// <param name="range">The store's log.</param>
    /// <exception cref="IOException">It cannot be made.</exception>
    public LogExport(string folder, ReadOnlySpan<byte> secret, RangeReader range)
    {
        FolderSync.Make(folder);
        (_folder, _prefix, _range) = (folder, ArchiveFile.PrefixOf(ArchiveFile.NameOfStore(secret)), range);
    }

    /// <summary>Writes records that follow one another, but for the first of them that an earlier file has: that of a cut that was ended in the midst of it.</summary>
    /// <exception cref="IOException">It cannot be written, or would take the place of a file that holds something else.</exception>
    public void Write(IReadOnlyList<LogRow> rows)
    {
        while (rows.Count > 0 && Covered(rows[0].Sequence) is var covered && covered >= rows[0].Sequence)
        {
            rows = [.. rows.SkipWhile(row => row.Sequence <= covered)];
        }

        if (rows.Count > 0)
        {
            WriteFile(rows);
        }
    }

    private void WriteFile(IReadOnlyList<LogRow> rows)
    {
        var first = ArchiveFile.Number(rows[0].Sequence);
        var target = Path.Combine(_folder, $"{_prefix}{first}-{ArchiveFile.Number(rows[^1].Sequence)}{ArchiveFile.Extension}");
        var unfinished = Directory.GetFiles(_folder, $"{_prefix}{first}-*{ArchiveFile.Extension}");
        foreach (var file in unfinished)
        {
            CheckIsOfThisLog(file, rows[0].Sequence);
        }

        var partial = target + PartialExtension;
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

        File.Move(partial, target, overwrite: true);
        foreach (var file in unfinished.Where(file => file != target))
        {
            File.Delete(file);
        }

        FolderSync.Sync(_folder);
    }

    public void Dispose()
    {
        foreach (var partial in Directory.EnumerateFiles(_folder, $"{_prefix}*{PartialExtension}"))
        {
            File.Delete(partial);
        }
    }

    /// <summary>The last record of a file that began before a record, and has it and what follows it as it is in the log; 0 when there is none.</summary>
    private long Covered(long sequence)
    {
        foreach (var path in Directory.EnumerateFiles(_folder, _prefix + "*" + ArchiveFile.Extension))
        {
            if (ArchiveFile.Of(path) is { } file && file.First < sequence && file.Last >= sequence && Holds(path, sequence, file.Last))
            {
                return file.Last;
            }
        }

        return 0;
    }

    /// <returns><c>false</c> also of a file of another past, as after the restore of a backup: then both are kept.</returns>
    private bool Holds(string path, long from, long last)
    {
        try
        {
            using var rows = RowsFrom(from).GetEnumerator();
            foreach (var record in Records(path).SkipWhile(record => record.GetProperty("sequence").GetInt64() < from))
            {
                if (!rows.MoveNext() || !IsSame(record, rows.Current))
                {
                    return false;
                }

                from++;
            }

            return from == last + 1;
        }
        catch (Exception damaged) when (IsDamage(damaged))
        {
            return false;
        }
    }

    private static bool IsDamage(Exception exception) =>
        exception is InvalidDataException or JsonException or FormatException or KeyNotFoundException or InvalidOperationException;

    private static IEnumerable<JsonElement> Records(string path)
    {
        using var lines = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        while (lines.ReadLine() is { } line)
        {
            using var record = JsonDocument.Parse(line);
            yield return record.RootElement;
        }
    }

    /// <summary>
    /// A file that begins with the record that is cut next is of a transaction that never was (somebody ended it between here and its commit), and everything in it is
    /// still in the log; or the log is that of an older backup, and may have gone another way since.
    /// </summary>
    private void CheckIsOfThisLog(string path, long first)
    {
        try
        {
            using var rows = RowsFrom(first).GetEnumerator();
            foreach (var record in Records(path))
            {
                if (!rows.MoveNext() || !IsSame(record, rows.Current))
                {
                    throw new IOException(
                        $"'{path}' has what is not in the log, as after the restore of an older backup; it is not replaced: move it, or export to another folder");
                }
            }
        }
        catch (Exception damaged) when (IsDamage(damaged))
        {
            throw new IOException($"'{path}' begins with the record that is cut next and cannot be read ({damaged.Message}); it is not replaced: move it, or export to another folder", damaged);
        }
    }

    /// <summary>But for the personal part, which an erasure may have emptied since, and which is worth nothing then.</summary>
    private static bool IsSame(JsonElement record, LogRow row) =>
        record.GetProperty("sequence").GetInt64() == row.Sequence
        && record.GetProperty("epoch").GetInt64() == row.Epoch
        && record.GetProperty("atMicros").GetInt64() == row.AtMicros
        && record.GetProperty("accounting").GetBytesFromBase64().AsSpan().SequenceEqual(row.Accounting)
        && (row.Customer.IsNone
            ? !record.TryGetProperty("customer", out _)
            : record.GetProperty("customer").GetString() == row.Customer.ToString() && record.GetProperty("customerSequence").GetInt64() == row.CustomerSequence);

    private IEnumerable<LogRow> RowsFrom(long first)
    {
        for (var after = first - 1; _range(after, Page) is { Count: > 0 } rows; after = rows[^1].Sequence)
        {
            foreach (var row in rows)
            {
                yield return row;
            }
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
