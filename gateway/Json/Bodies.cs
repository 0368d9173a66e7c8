using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using PmOrleans.Decisioning.Facts;

namespace PmOrleans.Gateway.Json;

/// <summary>How the answers off the hot path become JSON: records named <c>*Body</c>, null members left out.</summary>
internal static class Bodies
{
    public static readonly JsonSerializerOptions Options = Configured();

    public static void Configure(JsonSerializerOptions options)
    {
        options.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
    }

    public static JsonElement Parse(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }

    /// <summary>JSON has no infinity: a number that is none is left out.</summary>
    public static double? Finite(double? value) => value is { } number && double.IsFinite(number) ? number : null;

    /// <summary>A time, or nothing for the zero that stands for never.</summary>
    public static DateTime? Time(long micros) => micros == 0 ? null : IsoTime.ToDateTime(micros);

    public static IReadOnlyDictionary<string, JsonElement>? Bag(IReadOnlyList<Property> properties) =>
        properties.Count == 0 ? null : properties.ToDictionary(property => property.Name, property => Value(property.Value), StringComparer.Ordinal);

    private static JsonSerializerOptions Configured()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web);
        Configure(options);
        return options;
    }

    private static JsonElement Value(PropertyValue value) => value.Kind switch
    {
        PropertyKind.Text => JsonSerializer.SerializeToElement(value.Text),
        PropertyKind.Number => JsonSerializer.SerializeToElement(value.Number),
        PropertyKind.Bool => JsonSerializer.SerializeToElement(value.Flag),
        PropertyKind.Json => JsonSerializer.Deserialize<JsonElement>(value.Text!),
        _ => JsonSerializer.SerializeToElement<string?>(null),
    };
}
