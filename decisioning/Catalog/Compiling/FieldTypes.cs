using System.Globalization;
using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Catalog.Shapes;
using PmOrleans.Decisioning.Catalog.Sources;
using PmOrleans.Decisioning.Rules;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>Types of attributes and context fields by the names a catalog uses.</summary>
internal static class FieldTypes
{
    public static readonly string Hint = "types are string, int, double, bool, timestamp, list(string)";

    private static readonly (string Name, CelType Type)[] All =
    [
        ("string", CelType.String), ("int", CelType.Int), ("double", CelType.Double), ("bool", CelType.Bool),
        ("timestamp", CelType.Timestamp), ("list(string)", CelType.List(CelType.String)),
    ];

    public static CelType? Find(CompileContext context, SourceScalar name, string path)
    {
        context.Shape?.Value(path, ShapeValue.OneOf(All.Select(entry => entry.Name)));
        var written = name.Text.Replace(" ", "", StringComparison.Ordinal);
        foreach (var (known, type) in All)
        {
            if (known == written)
                return type;
        }

        context.Bag.Error(
            CatalogCodes.UnknownValue, name, path, $"There is no type '{name.Text}'.",
            written switch
            {
                "number" or "float" or "decimal" => "did you mean 'double'?",
                "integer" or "long" => "did you mean 'int'?",
                "boolean" => "did you mean 'bool'?",
                "date" or "datetime" or "time" => "did you mean 'timestamp'?",
                "list" or "array" or "strings" => "did you mean 'list(string)'?",
                "text" => "did you mean 'string'?",
                _ => context.DidYouMean(written, All.Select(entry => entry.Name)) ?? Hint,
            });
        return null;
    }

    /// <summary>A value of the type as a catalog writes it, or <c>null</c> if it is none.</summary>
    public static CelValue? Value(CelType type, SourceNode node)
    {
        if (node is SourceList list)
        {
            var texts = list.Items.OfType<SourceScalar>().Where(item => !item.IsNothing).Select(item => item.Text).ToList();
            return type.Equals(CelType.List(CelType.String)) && texts.Count == list.Items.Count ? CelValue.ListOf(texts) : null;
        }

        if (node is not SourceScalar scalar)
            return null;
        if (type.Equals(CelType.String))
            return CelValue.Of(scalar.Text);
        if (type.Equals(CelType.Timestamp))
            return Times.Parse(scalar.Text, TimeZoneInfo.Utc, out _, out _) is { } micros
                ? CelValue.Of(new DateTimeOffset(DateTime.UnixEpoch.AddTicks(micros * 10))) : null;
        if (scalar.Style != ScalarStyle.Plain)
            return null;
        if (type.Equals(CelType.Bool))
            return scalar.Text is "true" or "false" ? CelValue.Of(scalar.Text == "true") : null;
        if (type.Equals(CelType.Int))
            return long.TryParse(scalar.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) ? CelValue.Of(whole) : null;
        return type.Equals(CelType.Double) && double.TryParse(scalar.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? CelValue.Of(number) : null;
    }
}
