using System.Collections.Immutable;
using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Catalog.Sources;
using PmOrleans.Decisioning.Rules;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>What rules may read: attributes, request context, metrics, consents; and the schema made of them.</summary>
internal sealed class Declarations
{
    public const string LastChannel = "lastChannel";
    private static readonly string[] BuiltInContext = ["channel", "device", "locale"];

    private static readonly Dictionary<string, CelType> RfmFields =
        new(StringComparer.Ordinal) { ["r"] = CelType.Int, ["f"] = CelType.Int, ["m"] = CelType.Int, ["cell"] = CelType.Int };

    private readonly CompileContext _context;

    private Declarations(CompileContext context) => _context = context;

    public required ImmutableArray<AttributeDefinition> Attributes { get; init; }

    public required ImmutableArray<MetricDefinition> Metrics { get; init; }

    /// <summary>Consents by purpose.</summary>
    public required IReadOnlyDictionary<string, ConsentRequirement> Consents { get; init; }

    public required IReadOnlyDictionary<string, CelType> Context { get; init; }

    public static Declarations Of(CompileContext context, Sections sections) => new(context)
    {
        Attributes = [.. sections["attributes"].Select(entry => AttributeReader.Read(context, entry.Id, entry.Entry)).OfType<AttributeDefinition>()],
        Metrics = new MetricReader(context, TouchpointFieldsReader.Read(context, sections["touchpoints"])).Read(sections["metrics"]),
        Consents = ConsentReader.Declared(context, sections["consents"]),
        Context = ContextFields(context, sections["context"]),
    };

    /// <summary>Whether a field of the context is there without being declared.</summary>
    public static bool IsBuiltInContext(string name) => BuiltInContext.Contains(name, StringComparer.Ordinal);

    /// <param name="hasRfm">Whether there are RFM scores to read.</param>
    public RuleSchema ToSchema(bool hasRfm = false)
    {
        var customer = Attributes.ToDictionary(attribute => attribute.Name, attribute => attribute.Type, StringComparer.Ordinal);
        customer[LastChannel] = CelType.String;
        var metrics = Metrics.ToDictionary(metric => metric.Name, metric => metric.Type, StringComparer.Ordinal);
        var schema = new RuleSchema()
            .DeclareObject("customer", customer, "attribute")
            .DeclareObject("metrics", metrics, "metric")
            .DeclareOpenObject("counts", CelType.Int)
            .DeclareOpenObject("value", CelType.Double)
            .DeclareOpenObject("recency", CelType.Duration)
            .DeclareVariable("segments", CelType.List(CelType.String))
            .DeclareOpenObject("consent", CelType.String)
            .DeclareObject("context", Context, "field of the context");
        return hasRfm ? schema.DeclareObject("rfm", RfmFields) : schema;
    }

    /// <summary>Whether a rule can write the name after a dot; an error if not.</summary>
    public static bool IsRuleName(CompileContext context, string name, SourceNode at, string path)
    {
        if (RuleWords.IsIdentifier(name) && name.Length <= TouchpointTypes.MaxLength)
            return true;
        context.Bag.Error(
            CatalogCodes.BadId, at, path, $"'{(name.Length <= 40 ? name : name[..40] + "…")}' cannot be written in a rule.",
            $"letters from a to z, digits and _, at most {TouchpointTypes.MaxLength}, beginning with a letter; not a word of the rule language{Instead(name)}");
        return false;
    }

    private static string Instead(string name) =>
        name.Replace('-', '_').Replace(' ', '_') is var plain && plain != name && plain.Length <= TouchpointTypes.MaxLength && RuleWords.IsIdentifier(plain) ? $"; e.g. {plain}" : "";

    private static Dictionary<string, CelType> ContextFields(CompileContext context, IReadOnlyList<(string Id, SourceEntry Entry)> entries)
    {
        var types = BuiltInContext.ToDictionary(name => name, _ => CelType.String, StringComparer.Ordinal);
        foreach (var (id, entry) in entries)
        {
            var path = $"context/{id}";
            if (!IsRuleName(context, id, entry.Key, path))
                continue;
            if (BuiltInContext.Contains(id, StringComparer.Ordinal))
                context.Bag.Error(CatalogCodes.DuplicateId, entry.Key, path, $"'{id}' is always there, as a string.", "leave it out");
            else if (entry.Value is not SourceScalar { IsNothing: false } type)
            {
                context.Bag.Error(
                    CatalogCodes.WrongType, entry.Value, path, $"Here stands {entry.Value.Kind}; the name of a type is expected.",
                    FieldTypes.Hint);
            }
            else if (FieldTypes.Find(context, type, path) is { } found)
                types[id] = found;
        }

        return types;
    }
}
