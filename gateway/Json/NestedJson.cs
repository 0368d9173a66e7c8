using System.Text;
using System.Text.Json;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Facts;

namespace PmOrleans.Gateway.Json;

/// <summary>Arrays and objects inside of a property: kept as they were sent, checked all the same.</summary>
internal static class NestedJson
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = JsonInput.MaxDepth };

    /// <summary>What is wrong with a value whose syntax has been checked, or <c>null</c>.</summary>
    public static string? Wrong(ReadOnlySpan<byte> json)
    {
        if (Encoding.UTF8.GetCharCount(json) is var length && length > TouchpointLimits.TextLength)
        {
            return $"has {length} characters of JSON; allowed are 0 to {TouchpointLimits.TextLength}";
        }

        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = JsonInput.MaxDepth });
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped)
                {
                    _ = reader.GetString();
                }
                else if (reader.TokenType is JsonTokenType.Number && !(reader.TryGetDouble(out var number) && double.IsFinite(number)))
                {
                    return "contains a number that is too large";
                }
            }

            using var document = JsonDocument.Parse(json.ToArray(), Strict);
            return null;
        }
        catch (InvalidOperationException)
        {
            return "contains a lone surrogate, which is no character";
        }
        catch (JsonException)
        {
            // Syntax and depth were checked with the body: only a repeated member is left.
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
