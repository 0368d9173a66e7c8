using System.Text;
using System.Text.Json;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Facts;

namespace PmOrleans.Decisioning.Form;

/// <summary>Arrays and objects inside of a property: kept as they were sent, checked all the same.</summary>
public static class NestedJson
{
    /// <summary>Deepest nesting of arrays and objects in a body, and so in a value.</summary>
    public const int MaxDepth = 32;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = MaxDepth };

    /// <summary>What is wrong with the JSON of an array or object, or <c>null</c>.</summary>
    public static string? Wrong(ReadOnlySpan<byte> json)
    {
        if (Encoding.UTF8.GetCharCount(json) is var length && length > TouchpointLimits.TextLength)
        {
            return $"has {length} characters of JSON; allowed are 0 to {TouchpointLimits.TextLength}";
        }

        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
            for (var isFirst = true; reader.Read(); isFirst = false)
            {
                if (isFirst && reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
                {
                    return "is JSON, and neither an array nor an object";
                }

                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped)
                {
                    _ = reader.GetString();
                }
                else if (reader.TokenType is JsonTokenType.Number && !(reader.TryGetDouble(out var number) && double.IsFinite(number)))
                {
                    return "contains a number that is too large";
                }
            }
        }
        catch (InvalidOperationException)
        {
            return "contains a lone surrogate, which is no character";
        }
        catch (JsonException)
        {
            return $"is no JSON, or nested deeper than {MaxDepth}";
        }

        try
        {
            using var document = JsonDocument.Parse(json.ToArray(), Strict);
            return null;
        }
        catch (JsonException)
        {
            // Syntax and depth are right: only a repeated member is left.
            return "contains a member more than once";
        }
    }

    /// <summary>Writes a value so that two texts with the same meaning give the same bytes: members by name, no white space.</summary>
    public static void WriteMeaning(string json, ByteWriter writer)
    {
        using var document = JsonDocument.Parse(json, Strict);
        WriteMeaning(document.RootElement, writer);
    }

    private static void WriteMeaning(JsonElement element, ByteWriter writer)
    {
        writer.Byte((byte)element.ValueKind);
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                writer.Count(element.GetPropertyCount());
                foreach (var member in element.EnumerateObject().OrderBy(member => member.Name, StringComparer.Ordinal))
                {
                    writer.Text(member.Name);
                    WriteMeaning(member.Value, writer);
                }

                break;

            case JsonValueKind.Array:
                writer.Count(element.GetArrayLength());
                foreach (var item in element.EnumerateArray())
                {
                    WriteMeaning(item, writer);
                }

                break;

            case JsonValueKind.String:
                writer.Text(element.GetString());
                break;

            case JsonValueKind.Number:
                writer.Double(element.GetDouble());
                break;

            default:
                break;
        }
    }
}
