using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using CsvHelper;
using CsvHelper.Configuration;
using PmOrleans.Node.Catalog;

namespace PmOrleans.Simulator.Input;

/// <summary>The lines of a csv or ndjson file, plain or gz, as columns by name. A line that cannot be read comes with the reason instead.</summary>
internal static class LineReader
{
    /// <param name="Number">Of the line in the file, from 1.</param>
    /// <param name="Columns">Valid until the next line.</param>
    public readonly record struct Line(long Number, IReadOnlyDictionary<string, string> Columns, string? Problem);

    /// <exception cref="InputException">The file cannot be read at all.</exception>
    public static IEnumerable<Line> Read(string path, Mapping mapping)
    {
        var stream = Open(path);
        return mapping.Format == "ndjson" ? Json(path, stream)
            : mapping.Delimiter == "spaces" ? Spaced(path, stream, mapping)
            : Csv(path, stream, mapping);
    }

    private static Stream Open(string path)
    {
        try
        {
            var file = FileText.Open(path, 1 << 16);
            var isZipped = file.ReadByte() == 0x1f && file.ReadByte() == 0x8b;
            file.Position = 0;
            if (!isZipped)
            {
                return file;
            }

            RequireWhole(file);
            return new GZipStream(file, CompressionMode.Decompress);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new InputException($"{path} cannot be read: {unreadable.Message}", unreadable);
        }
    }

    /// <summary>
    /// .NET takes the end of a file for the end of what is zipped in it, and of a file that is cut short the rest would be missing without a word. Its last four bytes say how much its
    /// last part unfolds to (RFC 1952); those of compressed data in their place are a larger number, all but never a smaller one.
    /// </summary>
    private static void RequireWhole(FileStream file)
    {
        var length = new byte[sizeof(uint)];
        file.Seek(-length.Length, SeekOrigin.End);
        file.ReadExactly(length);
        file.Position = 0;
        using var unfolded = new GZipStream(file, CompressionMode.Decompress, leaveOpen: true);
        var part = new byte[1 << 16];
        long bytes = 0;
        for (int read; (read = unfolded.Read(part)) > 0; bytes += read)
        {
        }

        file.Position = 0;
        if (BinaryPrimitives.ReadUInt32LittleEndian(length) > bytes)
        {
            throw new InvalidDataException("it is cut short");
        }
    }

    private static IEnumerable<Line> Csv(string path, Stream stream, Mapping mapping)
    {
        var broken = "";
        var configuration = new CsvConfiguration(CultureInfo.InvariantCulture)
        {
            Delimiter = mapping.Delimiter == "tab" ? "\t" : mapping.Delimiter,
            HasHeaderRecord = mapping.Header,
            BadDataFound = found => broken = "has a quote that does not close or stands inside a field",
            TrimOptions = TrimOptions.Trim,
        };
        using var text = new StreamReader(stream, Encoding.UTF8);
        using var csv = new CsvReader(text, configuration);
        string[] names = [.. mapping.Columns];
        if (mapping.Header && Next(path, csv))
        {
            csv.ReadHeader();
            names = names.Length > 0 ? names : [.. csv.HeaderRecord!.Select(name => name.Trim())];
        }

        RequireDistinct(path, names);

        var columns = new Dictionary<string, string>(names.Length, StringComparer.Ordinal);
        while (Next(path, csv))
        {
            columns.Clear();
            var (count, number) = (csv.Parser.Count, csv.Parser.RawRow);
            for (var i = 0; i < count && i < names.Length; i++)
            {
                columns[names[i]] = csv.GetField(i) ?? "";
            }

            // A quote that does not close takes all behind it: where it began is what helps.
            if (broken.Length > 0 && csv.Parser.RawRecord.AsSpan().TrimEnd("\r\n").Count('\n') is > 0 and var more)
            {
                broken += $", up to line {number}";
                number -= more;
            }

            var problem = broken.Length > 0 ? broken : count != names.Length ? $"has {count} columns; the file has {names.Length}" : null;
            broken = "";
            yield return new Line(number, columns, problem);
        }
    }

    private static void RequireDistinct(string path, string[] names)
    {
        if (names.GroupBy(name => name, StringComparer.Ordinal).FirstOrDefault(same => same.Key.Length > 0 && same.Count() > 1) is { } twice)
        {
            throw new InputException($"{path} has {twice.Count()} columns '{twice.Key}'; each needs a name of its own");
        }
    }

    private static bool Next(string path, CsvReader csv)
    {
        try
        {
            return csv.Read();
        }
        catch (Exception damaged) when (damaged is IOException or InvalidDataException)
        {
            throw new InputException($"{path} cannot be read beyond line {csv.Parser.RawRow}: {damaged.Message}", damaged);
        }
    }

    private static IEnumerable<Line> Spaced(string path, Stream stream, Mapping mapping)
    {
        string[] names = [.. mapping.Columns];
        var columns = new Dictionary<string, string>(StringComparer.Ordinal);
        var isHeader = mapping.Header;
        foreach (var (number, text) in Lines(path, stream))
        {
            var parts = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (isHeader)
            {
                isHeader = false;
                names = names.Length > 0 ? names : parts;
                RequireDistinct(path, names);
                continue;
            }

            columns.Clear();
            for (var i = 0; i < parts.Length && i < names.Length; i++)
            {
                columns[names[i]] = parts[i];
            }

            yield return new Line(number, columns, parts.Length == names.Length ? null : $"has {parts.Length} columns; the file has {names.Length}");
        }
    }

    private static IEnumerable<Line> Json(string path, Stream stream)
    {
        var columns = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (number, text) in Lines(path, stream))
        {
            columns.Clear();
            string? problem = null;
            try
            {
                using var document = JsonDocument.Parse(text);
                if (document.RootElement.ValueKind == JsonValueKind.Object)
                {
                    foreach (var member in document.RootElement.EnumerateObject())
                    {
                        if (!columns.TryAdd(member.Name, member.Value.ValueKind == JsonValueKind.Null ? "" : member.Value.ToString()))
                        {
                            problem = $"has '{member.Name}' twice";
                        }
                    }
                }
                else
                {
                    problem = $"is {document.RootElement.ValueKind}, not an object";
                }
            }
            catch (JsonException wrong)
            {
                problem = $"is not JSON: {wrong.Message.Split(" LineNumber:")[0]}";
            }

            yield return new Line(number, columns, problem);
        }
    }

    private static IEnumerable<(long Number, string Text)> Lines(string path, Stream stream)
    {
        using var reader = new StreamReader(stream, Encoding.UTF8);
        for (long number = 1; ; number++)
        {
            string? line;
            try
            {
                line = reader.ReadLine();
            }
            catch (Exception damaged) when (damaged is IOException or InvalidDataException)
            {
                throw new InputException($"{path} cannot be read beyond line {number - 1}: {damaged.Message}", damaged);
            }

            if (line is null)
            {
                yield break;
            }

            if (!string.IsNullOrWhiteSpace(line))
            {
                yield return (number, line);
            }
        }
    }
}
