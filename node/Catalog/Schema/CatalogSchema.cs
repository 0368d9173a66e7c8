using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Catalog.Compiling;
using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Catalog.Shapes;
using PmOrleans.Decisioning.Catalog.Sources;

namespace PmOrleans.Node.Catalog.Schema;

/// <summary>
/// The JSON schema of a catalog file, for editors: completion, hover texts, mistakes underlined while one writes. It is made of what the readers ask for
/// while they read a reference catalog, so it knows the keys they know.
/// </summary>
/// <remarks>Draft 7, which every editor understands. It judges the shape of a single file; whether what is named exists, only the compiler can say.</remarks>
public static class CatalogSchema
{
    private const string Reference = "reference.yaml";

    /// <summary>Mappings whose keys the author chooses, although they are read by name.</summary>
    private static readonly string[] Open = ["consents/*/channels", "contactBudget/#/weights", "experiments/*/variants/*/levers", "experiments/*/variants/*/creatives"];

    /// <summary>Places that stand for their defaults when nothing is written.</summary>
    private static readonly string[] MayBeEmpty = ["policies/*", "consents/*"];

    private static readonly Lazy<CatalogShape> LazyShape = new(ReadShape);
    private static readonly Lazy<string> LazyText = new(() => Build(LazyShape.Value).ToJsonString(
        new JsonSerializerOptions { WriteIndented = true, IndentSize = 1, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }) + "\n");

    /// <summary>The schema as a document.</summary>
    public static string Text => LazyText.Value;

    /// <summary>What the readers asked for.</summary>
    internal static CatalogShape Shape => LazyShape.Value;

    private static CatalogShape ReadShape()
    {
        using var stream = typeof(CatalogSchema).Assembly.GetManifestResourceStream(Reference)
            ?? throw new InvalidOperationException("the reference catalog is not in the assembly");
        using var reader = new StreamReader(stream);
        var bag = new DiagnosticBag();
        var allowance = 0;
        var documents = YamlSource.Read(new SourceFile(Reference, reader.ReadToEnd()), bag, ref allowance).ToList();
        var shape = new CatalogShape(Open);
        SnapshotCompiler.Compile(documents, "", IdRegistry.Empty, 1, DateTimeOffset.UnixEpoch, bag, shape: shape);
        return bag.ErrorCount == 0 ? shape : throw new InvalidOperationException("the reference catalog has errors: " + string.Join("; ", bag.ToList()));
    }

    private static JsonObject Build(CatalogShape shape)
    {
        var root = new JsonObject
        {
            ["$schema"] = "http://json-schema.org/draft-07/schema#",
            ["title"] = "PmOrleans catalog",
        };
        foreach (var (key, value) in Node(shape, "").ToList())
        {
            root[key] = value?.DeepClone();
        }

        // A JSON file says so where its schema is; comments are for YAML.
        root["properties"]!.AsObject().Insert(0, "$schema", new JsonObject { ["description"] = "Where this schema is.", ["type"] = "string" });
        return root;
    }

    private static JsonObject Node(CatalogShape shape, string pattern)
    {
        var node = shape.Nodes[pattern];
        var forms = new List<JsonObject>();
        if (node.Mappings > 0)
        {
            forms.Add(Mapping(shape, pattern, node));
        }

        if (shape.Nodes.ContainsKey($"{pattern}/*"))
        {
            forms.Add(new JsonObject { ["type"] = "object", ["additionalProperties"] = Node(shape, $"{pattern}/*") });
        }

        if (shape.Nodes.ContainsKey($"{pattern}/#"))
        {
            forms.Add(new JsonObject { ["type"] = "array", ["items"] = Node(shape, $"{pattern}/#") });
        }

        forms.AddRange(node.Values.OrderBy(value => value.Kind).ThenBy(value => value.Choices, StringComparer.Ordinal).ThenBy(value => value.Lowest).Select(Value));
        if (MayBeEmpty.Contains(pattern, StringComparer.Ordinal))
        {
            forms.Add(new JsonObject { ["type"] = "null" });
        }

        var described = forms.Count == 1 ? forms[0] : new JsonObject();
        if (forms.Count > 1)
        {
            described["anyOf"] = new JsonArray([.. forms]);
        }

        if (SchemaTexts.Of(pattern) is { } text)
        {
            described.Insert(0, "description", text);
        }

        return described;
    }

    private static JsonObject Mapping(CatalogShape shape, string pattern, ShapeNode node)
    {
        var properties = new JsonObject();
        foreach (var key in node.Keys)
        {
            properties[key] = Node(shape, pattern.Length == 0 ? key : $"{pattern}/{key}");
        }

        var mapping = new JsonObject { ["type"] = "object", ["properties"] = properties, ["additionalProperties"] = false };
        if (node.Required.Any())
        {
            mapping["required"] = new JsonArray([.. node.Required.Select(key => (JsonNode)key)]);
        }

        return mapping;
    }

    private static JsonObject Value(ShapeValue value) => value.Kind switch
    {
        ShapeKind.Flag => new JsonObject { ["type"] = "boolean" },
        ShapeKind.Amount or ShapeKind.Number => Bounded("number", value),
        ShapeKind.Whole => Bounded("integer", value),
        ShapeKind.Duration => new JsonObject { ["type"] = "string", ["pattern"] = "^\\s*[0-9]{1,9}[smhd]\\s*$", ["examples"] = new JsonArray("30s", "15m", "2h", "7d") },
        ShapeKind.Choice => new JsonObject { ["enum"] = new JsonArray([.. value.Choices.Split(' ').Select(choice => (JsonNode)choice)]) },
        ShapeKind.Zone => new JsonObject { ["type"] = "string", ["examples"] = new JsonArray("Asia/Shanghai", "Europe/Berlin", "UTC") },
        ShapeKind.Locale => new JsonObject { ["type"] = "string", ["examples"] = new JsonArray("zh-CN", "en") },
        ShapeKind.Time => new JsonObject { ["type"] = "string", ["examples"] = new JsonArray("2026-03-01", "2026-03-01T10:00:00+08:00") },
        ShapeKind.Rule => new JsonObject { ["type"] = new JsonArray("string", "boolean") },
        ShapeKind.Names => new JsonObject { ["type"] = "array", ["items"] = Single(), ["uniqueItems"] = true },
        _ => Single(),
    };

    private static JsonObject Single() => new() { ["type"] = new JsonArray("string", "number", "boolean") };

    private static JsonObject Bounded(string type, ShapeValue value)
    {
        var number = new JsonObject { ["type"] = type };
        if (double.IsFinite(value.Lowest))
        {
            number["minimum"] = value.Lowest;
        }

        if (double.IsFinite(value.Highest))
        {
            number["maximum"] = value.Highest;
        }

        return number;
    }
}
