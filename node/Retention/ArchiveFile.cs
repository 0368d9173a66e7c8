using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using PmOrleans.Decisioning.Identity;
using PmOrleans.Node.Log;

namespace PmOrleans.Node.Retention;

/// <summary>A file of an export: records of one store's log that follow one another, cut from it since.</summary>
/// <param name="Path">Where it lies.</param>
/// <param name="Store">12 digits that tell the store from others.</param>
/// <param name="First">Sequence of the first record, by the file's name.</param>
/// <param name="Last">Of the last.</param>
public sealed record ArchiveFile(string Path, string Store, long First, long Last)
{
    internal const string Extension = ".ndjson.gz";
    private const string Begin = "log-";
    private const string Digits = "D15";

    /// <summary>Of the hash that names a store in its files: two of some thousand stores have the same once in a hundred million times.</summary>
    private const int NameBytes = 6;

    /// <summary>The files of an export by store and first record. What has another name is left out.</summary>
    /// <exception cref="ArchiveException">The folder cannot be read.</exception>
    public static IReadOnlyList<ArchiveFile> In(string folder)
    {
        try
        {
            return [.. Directory.EnumerateFiles(folder, Begin + "*" + Extension)
                .Select(Of)
                .OfType<ArchiveFile>()
                .OrderBy(file => file.Store, StringComparer.Ordinal).ThenBy(file => file.First).ThenBy(file => file.Last)];
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw new ArchiveException($"the export '{folder}' cannot be read: {failed.Message}", failed);
        }
    }

    internal static string NameOfStore(ReadOnlySpan<byte> secret) => Convert.ToHexStringLower(HMACSHA256.HashData(secret, "export"u8).AsSpan(0, NameBytes));

    internal static string PrefixOf(string store) => $"{Begin}{store}-";

    internal static string Number(long sequence) => sequence.ToString(Digits, CultureInfo.InvariantCulture);

    /// <returns><c>null</c> when the name is none of a file of an export.</returns>
    internal static ArchiveFile? Of(string path) =>
        System.IO.Path.GetFileName(path) is var name && name.StartsWith(Begin, StringComparison.Ordinal) && name.EndsWith(Extension, StringComparison.Ordinal)
        && name[Begin.Length..^Extension.Length].Split('-') is [{ Length: NameBytes * 2 } store, var from, var to]
        && long.TryParse(from, NumberStyles.None, CultureInfo.InvariantCulture, out var first)
        && long.TryParse(to, NumberStyles.None, CultureInfo.InvariantCulture, out var last)
        && first > 0 && last >= first
            ? new ArchiveFile(path, store, first, last)
            : null;

    /// <summary>
    /// The records in their order. What the file's sum covers is known to be right when all of it is read; each record is one that follows the one before, up to the last
    /// that the name promises.
    /// </summary>
    /// <exception cref="ArchiveException">The file cannot be read, or is not what it was when it was written.</exception>
    internal IEnumerable<LogRow> Read()
    {
        using var file = Try(() => File.OpenRead(Path), "cannot be opened");
        var length = Try(() => ReadLength(file), "cannot be read");
        using var lines = new StreamReader(new GZipStream(file, CompressionMode.Decompress));
        var next = First;
        uint read = 0;
        for (var line = 1; Try(lines.ReadLine, $"cannot be read after line {line - 1}") is { } text; line++)
        {
            var row = Try(() => Parse(text), $"line {line} is no record");
            if (row.Sequence != next || next > Last)
            {
                throw new ArchiveException($"'{Path}' has record {row.Sequence} in line {line}, where its name says {(next > Last ? "it has ended" : $"record {next}")}");
            }

            next++;
            read += (uint)text.Length + 1;
            yield return row;
        }

        if (next <= Last || read != length)
        {
            throw new ArchiveException($"'{Path}' ends after record {next - 1} with {read} bytes; by its name it has records up to {Last}, by its end {length} bytes");
        }
    }

    /// <summary>
    /// How much a gzip file unfolds to, as its last four bytes say. The sum before them is checked by the stream that unfolds it, but not that they are there.
    /// </summary>
    private static uint ReadLength(FileStream file)
    {
        Span<byte> length = stackalloc byte[sizeof(uint)];
        file.Seek(-Math.Min(file.Length, length.Length), SeekOrigin.End);
        file.ReadExactly(length);
        file.Seek(0, SeekOrigin.Begin);
        return BinaryPrimitives.ReadUInt32LittleEndian(length);
    }

    private static LogRow Parse(string line)
    {
        using var document = JsonDocument.Parse(line);
        var record = document.RootElement;
        var isCustomers = record.TryGetProperty("customer", out var customer);
        return new LogRow(
            record.GetProperty("sequence").GetInt64(),
            record.GetProperty("epoch").GetInt64(),
            isCustomers ? CustomerKey.Read(Convert.FromHexString(customer.GetString()!)) : default,
            isCustomers ? record.GetProperty("customerSequence").GetInt64() : 0,
            record.GetProperty("atMicros").GetInt64(),
            record.GetProperty("accounting").GetBytesFromBase64(),
            record.GetProperty("personal").GetBytesFromBase64(),
            default);
    }

    private T Try<T>(Func<T> read, string what)
    {
        try
        {
            return read();
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException or InvalidDataException or JsonException or FormatException
            or KeyNotFoundException or InvalidOperationException or ArgumentException or NullReferenceException)
        {
            throw new ArchiveException($"'{Path}' {what}: {failed.Message}", failed);
        }
    }
}
