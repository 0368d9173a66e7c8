using System.Buffers;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Form;

namespace PmOrleans.Node.Catalog;

/// <summary>A catalog as it was written: its files, checked for size and names but not yet for sense. What is stored of each version.</summary>
/// <remarks>
/// Canonical form: <c>{"files":{"path":"text",…}}</c>, paths in ordinal order, no white space, line ends LF, no byte order mark. The texts are
/// kept with their comments, so the author gets back what was sent and old errors can be pointed at.
/// </remarks>
public sealed class CatalogBundle
{
    /// <summary>Path given to a bundle sent as one object of sections.</summary>
    public const string SingleFile = "catalog.json";

    private static readonly JsonWriterOptions Canonical = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private CatalogBundle(ImmutableArray<CatalogFile> files)
    {
        Files = files;
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var writer = new Utf8JsonWriter(buffer, Canonical))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("files");
            foreach (var file in files)
                writer.WriteString(file.Path, file.Text);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        Bytes = buffer.WrittenMemory;
        Hash = Convert.ToHexStringLower(SHA256.HashData(buffer.WrittenSpan));
    }

    /// <summary>In ordinal order of their paths.</summary>
    public ImmutableArray<CatalogFile> Files { get; }

    /// <summary>The canonical form, UTF-8. <see cref="Read"/> of it gives an equal bundle.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>SHA-256 of <see cref="Bytes"/>, lower-case hex.</summary>
    public string Hash { get; }

    /// <summary>A bundle of these files.</summary>
    /// <returns><c>null</c> when they cannot be one; the reasons are then in <paramref name="bag"/>.</returns>
    public static CatalogBundle? Of(IEnumerable<CatalogFile> files, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(files);
        ArgumentNullException.ThrowIfNull(bag);
        var errors = bag.ErrorCount;
        var byPath = new SortedDictionary<string, string>(StringComparer.Ordinal);
        long bytes = 0;
        foreach (var (path, text) in files)
        {
            if (CatalogPath.Problem(path) is { } problem)
                bag.FileError(CatalogCodes.BadFile, path, problem, "paths look like campaigns/spring.yaml");
            else if (!byPath.TryAdd(path, Normalised(text)))
                bag.FileError(CatalogCodes.BadFile, path, "The file is there twice.");
            bytes += text.Length;
        }

        if (byPath.Count > CatalogLimits.Files)
            bag.FileError(CatalogCodes.TooLarge, "", $"More than {CatalogLimits.Files:N0} files.");
        if (bytes > CatalogLimits.Bytes)
            bag.FileError(CatalogCodes.TooLarge, "", $"More than {CatalogLimits.Bytes:N0} bytes.");
        return bag.ErrorCount > errors ? null : new CatalogBundle([.. byPath.Select(entry => new CatalogFile(entry.Key, entry.Value))]);
    }

    /// <summary>
    /// Reads what is sent over HTTP: <c>{ "files": { path: text } }</c>, or all sections as one object, which then is the one file
    /// <c>catalog.json</c>.
    /// </summary>
    /// <returns><c>null</c> when it is neither; the reasons are then in <paramref name="bag"/>.</returns>
    public static CatalogBundle? Read(ReadOnlyMemory<byte> json, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(bag);
        if (json.Length > CatalogLimits.Bytes)
        {
            bag.FileError(CatalogCodes.TooLarge, SingleFile, $"More than {CatalogLimits.Bytes:N0} bytes.");
            return null;
        }

        try
        {
            if (json.Span.StartsWith("\uFEFF"u8))
                json = json[3..];
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = CatalogLimits.Depth });
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
                bag.FileError(CatalogCodes.WrongType, SingleFile, "A catalog is a JSON object.");
            else if (root.TryGetProperty("files", out var files))
                return OfFiles(root, files, bag);
            else
                return Of([new CatalogFile(SingleFile, Strict.GetString(json.Span))], bag);
        }
        catch (JsonException e)
        {
            var (line, bytes) = (e.LineNumber ?? 0, e.BytePositionInLine ?? 0);
            bag.Report(new CatalogDiagnostic(
                CatalogSeverity.Error, CatalogCodes.Syntax, SingleFile, (int)line + 1, Utf8Place.Column(json.Span, line, bytes), "",
                "This is not JSON: " + e.Message.Split(" LineNumber:")[0], "send the files as { \"files\": { \"name.yaml\": \"text\" } }"));
        }
        // Not UTF-8, or an escaped half of a surrogate pair.
        catch (Exception e) when (e is DecoderFallbackException or InvalidOperationException)
        {
            bag.FileError(CatalogCodes.Syntax, SingleFile, "This is not UTF-8 text.");
        }

        return null;
    }

    private static CatalogBundle? OfFiles(JsonElement root, JsonElement files, DiagnosticBag bag)
    {
        var errors = bag.ErrorCount;
        foreach (var other in root.EnumerateObject().Where(property => property.Name != "files"))
        {
            bag.FileError(
                CatalogCodes.UnknownKey, SingleFile, $"'{other.Name}' cannot stand beside 'files'.", "sections go inside the files");
        }

        if (root.EnumerateObject().Count(property => property.Name == "files") > 1)
            bag.FileError(CatalogCodes.DuplicateKey, SingleFile, "'files' is written twice.", "put all files into one");

        if (files.ValueKind != JsonValueKind.Object)
        {
            bag.FileError(CatalogCodes.WrongType, SingleFile, "'files' must be an object of texts by path.");
            return null;
        }

        List<CatalogFile> read = [];
        foreach (var file in files.EnumerateObject())
        {
            if (file.Value.ValueKind == JsonValueKind.String)
                read.Add(new CatalogFile(file.Name, file.Value.GetString()!));
            else
                bag.FileError(CatalogCodes.WrongType, file.Name, "The text of a file must be a JSON string.");
        }

        return bag.ErrorCount > errors ? null : Of(read, bag);
    }

    private static string Normalised(string text) =>
        (text.StartsWith('\uFEFF') ? text[1..] : text).Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
}
