using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Catalog.Sources;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>Turns the content of a creative into JSON. What is not in quotes and looks like a number, true, false or null is one.</summary>
internal sealed class ContentWriter(CompileContext context)
{
    /// <summary>Content travels with every answer; pictures are links.</summary>
    public const int MaxBytes = 64 * 1024;

    // Content is for JSON clients and not for the inside of HTML, so Chinese stays Chinese.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ArrayBufferWriter<byte> _buffer = new(1024);

    /// <returns>UTF-8 JSON of an object, or <c>null</c> after reporting what is wrong.</returns>
    public byte[]? Write(SourceNode node, string path)
    {
        if (node is not SourceMap)
        {
            context.Bag.Error(
                CatalogCodes.BadContent, node, path, $"Content is a mapping; here stands {node.Kind}.", "e.g. content: { title: … }");
            return null;
        }

        _buffer.ResetWrittenCount();
        using (var writer = new Utf8JsonWriter(_buffer, Options))
        {
            if (!Write(writer, node, path))
            {
                writer.Reset(Stream.Null);
                return null;
            }
        }

        if (_buffer.WrittenCount <= MaxBytes)
            return _buffer.WrittenSpan.ToArray();
        context.Bag.Error(
            CatalogCodes.TooLarge, node, path, $"Content has at most {MaxBytes:#,0} bytes; this has {_buffer.WrittenCount:#,0}.",
            "put a link instead of the thing itself");
        return null;
    }

    // As deep as the reader of the files allows, 64 levels.
    private bool Write(Utf8JsonWriter writer, SourceNode node, string path)
    {
        switch (node)
        {
            case SourceMap map:
                writer.WriteStartObject();
                foreach (var (key, value) in map.Entries)
                {
                    if (!IsText(key, path))
                        return false;
                    if (value is SourceScalar { IsNothing: true, Text.Length: 0 })
                    {
                        // Between braces a comma ends an unquoted text, and its other half becomes a name without a value.
                        context.Bag.Warning(
                            CatalogCodes.EmptyContent, key, path, $"'{key.Text}' has no value.", "a text with a comma between braces needs quotes");
                    }

                    writer.WritePropertyName(key.Text);
                    if (!Write(writer, value, path))
                        return false;
                }

                writer.WriteEndObject();
                return true;
            case SourceList list:
                writer.WriteStartArray();
                foreach (var item in list.Items)
                {
                    if (!Write(writer, item, path))
                        return false;
                }

                writer.WriteEndArray();
                return true;
            default:
                return Write(writer, (SourceScalar)node, path);
        }
    }

    private bool Write(Utf8JsonWriter writer, SourceScalar scalar, string path)
    {
        if (scalar.IsNothing)
            writer.WriteNullValue();
        else if (scalar.Style == ScalarStyle.Plain && scalar.Text is "true" or "false")
            writer.WriteBooleanValue(scalar.Text == "true");
        else if (scalar.Style == ScalarStyle.Plain && IsJsonNumber(scalar.Text))
            writer.WriteRawValue(scalar.Text);
        else if (IsText(scalar, path))
            writer.WriteStringValue(scalar.Text);
        else
            return false;
        return true;
    }

    private bool IsText(SourceScalar scalar, string path)
    {
        for (var i = 0; i < scalar.Text.Length; i++)
        {
            if (!char.IsSurrogate(scalar.Text[i]))
                continue;
            if (!char.IsSurrogatePair(scalar.Text, i))
            {
                context.Bag.Error(CatalogCodes.BadContent, scalar, path, "This is not text: it has half a character.");
                return false;
            }

            i++;
        }

        return true;
    }

    // Leading zeros, + and a bare point are not JSON: what has them is an article number or a telephone number, and stays text.
    private static bool IsJsonNumber(string text)
    {
        var digits = text.AsSpan(text.StartsWith('-') ? 1 : 0);
        return digits.Length is > 0 and <= 30 && char.IsAsciiDigit(digits[0]) && (digits[0] != '0' || digits.Length == 1 || digits[1] is '.' or 'e' or 'E')
            && digits[^1] != '.' && !digits.Contains(".e", StringComparison.OrdinalIgnoreCase)
            && double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var number)
            && double.IsFinite(number);
    }
}
