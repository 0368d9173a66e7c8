using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Json.Schema;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Catalog.Sources;
using PmOrleans.Node.Catalog;
using PmOrleans.Node.Catalog.Schema;

namespace PmOrleans.Node.Tests.Catalog;

/// <summary>The published schema against the readers it is made of, and against catalogs that are right and wrong.</summary>
public sealed class SchemaTests
{
    /// <summary>What has no shape of its own: content is the author's, and a line of a metric or a time of day is judged by its reader.</summary>
    private static readonly string[] Free = ["content", "from", "until", "currency", "zoneAttribute", "default"];

    private static readonly JsonSchema Schema = JsonSchema.FromText(CatalogSchema.Text);

    [Fact]
    public void the_published_file_is_what_the_readers_say_now()
    {
        var published = File.ReadAllText(Path.Combine(CatalogText.Repository, "docs", "catalog.schema.json"));

        Assert.True(
            published == CatalogSchema.Text,
            "docs/catalog.schema.json is not what the readers know: dotnet run -c Release --project gateway -- schema > docs/catalog.schema.json");
    }

    [Fact]
    public void the_reference_catalog_uses_every_key_that_the_readers_know()
    {
        var untouched = CatalogSchema.Shape.Nodes
            .Where(node => node.Key.Length > 0 && node.Value is { Mappings: 0, Values.Count: 0 })
            .Select(node => node.Key)
            .Where(pattern => !CatalogSchema.Shape.Nodes.Keys.Any(other => other.StartsWith(pattern + "/", StringComparison.Ordinal)))
            .Where(pattern => !Free.Contains(pattern[(pattern.LastIndexOf('/') + 1)..], StringComparer.Ordinal) && pattern != "metrics/*")
            // In a campaign or an offer these two are known only to be refused with a reason.
            .Where(pattern => !pattern.EndsWith("caps/#/channel", StringComparison.Ordinal) && !pattern.EndsWith("caps/#/category", StringComparison.Ordinal));

        Assert.Equal("", string.Join(' ', untouched));
    }

    [Fact]
    public void every_key_says_what_it_means()
    {
        var silent = CatalogSchema.Shape.Nodes.Keys.Where(pattern => pattern.Length > 0 && !pattern.EndsWith("/*", StringComparison.Ordinal) && !pattern.EndsWith("/#", StringComparison.Ordinal) && SchemaTexts.Of(pattern) is null);

        Assert.Equal("", string.Join(' ', silent));
    }

    [Fact]
    public void a_json_file_may_say_where_its_schema_is()
    {
        const string file = """{ "$schema": "catalog.schema.json", "placements": { "p": { "channel": "web" } } }""";

        var alone = CatalogText.Compile([new CatalogFile("a.json", file), new CatalogFile("b.json", file.Replace("\"p\"", "\"q\"", StringComparison.Ordinal))]);
        var bundle = CatalogBundle.Read(Encoding.UTF8.GetBytes(file), new DiagnosticBag());

        Assert.Empty(alone.Errors);
        Assert.Empty(CatalogCompiler.Compile(bundle!, IdRegistry.Empty, 1, CatalogText.Now).Errors);
        Assert.Empty(Problems(file));
        Assert.NotEmpty(CatalogText.Compile("$schema: [1]").Errors);
    }

    [Fact]
    public void every_file_of_the_samples_and_every_example_of_the_guides_fits_the_schema()
    {
        string[] folders = ["shop", "azure-personalizer"];
        var files = folders
            .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(CatalogText.Repository, "samples", folder), "*.yaml", SearchOption.AllDirectories))
            .Select(path => (Name: path, Text: File.ReadAllText(path)))
            .Concat(DocumentationTests.All.SelectMany(guide => DocumentationTests.Examples(guide, "yaml").Select(example => (Name: guide, Text: example))))
            .ToList();

        Assert.True(files.Count > 20);
        Assert.Equal("", string.Join('\n', files.SelectMany(file => Problems(file.Text).Select(problem => $"{file.Name}: {problem}"))));
    }

    [Fact]
    public void every_file_of_the_sample_shop_tells_editors_where_the_schema_is()
    {
        foreach (var path in Directory.EnumerateFiles(CatalogText.Sample, "*.yaml", SearchOption.AllDirectories))
        {
            var header = File.ReadLines(path).First();
            Assert.StartsWith("# yaml-language-server: $schema=", header, StringComparison.Ordinal);
            var schema = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, header.Split('=')[1].Trim()));
            Assert.Equal(Path.Combine(CatalogText.Repository, "docs", "catalog.schema.json"), schema);
        }
    }

    [Theory]
    [InlineData("campaign: {}")]
    [InlineData("placements: { p: { chanel: web } }")]
    [InlineData("placements: { p: { slots: 3 } }")]
    [InlineData("placements: { p: { channel: web, slots: 51 } }")]
    [InlineData("placements: { p: { channel: web, slots: '3' } }")]
    [InlineData("placements: { p: { channel: web, onOutage: maybe } }")]
    [InlineData("caps: { day: 3 }")]
    [InlineData("caps: [ { event: impresion, limit: 3, within: 1d, per: all } ]")]
    [InlineData("caps: [ { event: impression, limit: 3, within: 1 day, per: all } ]")]
    [InlineData("caps: [ { event: impression, limit: 3, within: 1d } ]")]
    [InlineData("attributes: { tier: text }")]
    [InlineData("campaigns: { c: { budget: { total: 5k } } }")]
    [InlineData("campaigns: { c: { offers: { o: { placements: p } } } }")]
    [InlineData("consents: { marketing: { channels: { app: perhaps } } }")]
    [InlineData("contactBudget: [ { limit: 3, within: 7d, weights: { app: heavy } } ]")]
    [InlineData("policies: { default: { exploration: bold } }")]
    public void what_the_compiler_refuses_for_its_shape_does_not_fit_the_schema(string yaml)
    {
        Assert.NotEmpty(CatalogText.Compile(yaml).Errors);
        Assert.NotEmpty(Problems(yaml));
    }

    private static IEnumerable<string> Problems(string yaml)
    {
        var bag = new DiagnosticBag();
        var allowance = 0;
        return YamlSource.Read(new SourceFile("a.yaml", yaml), bag, ref allowance).Where(node => node is SourceMap).Select(Json).ToList()
            .SelectMany(node => Schema.Evaluate(node, new EvaluationOptions { OutputFormat = OutputFormat.List }) is { IsValid: false } wrong
                ? wrong.Details.Where(detail => detail.HasErrors).SelectMany(detail => detail.Errors!.Select(error => $"{detail.InstanceLocation}: {error.Value}"))
                : []);
    }

    /// <summary>As an editor reads it: plain words that are numbers or flags are those, the rest is text.</summary>
    private static JsonNode? Json(SourceNode node) => node switch
    {
        SourceMap map => new JsonObject(map.Entries.Select(entry => KeyValuePair.Create(entry.Key.Text, Json(entry.Value)))),
        SourceList list => new JsonArray([.. list.Items.Select(Json)]),
        SourceScalar { IsNothing: true } => null,
        SourceScalar { Style: ScalarStyle.Plain, Text: "true" or "false" } flag => flag.Text == "true",
        SourceScalar { Style: ScalarStyle.Plain } plain when double.TryParse(plain.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => number,
        SourceScalar scalar => scalar.Text,
        _ => throw new InvalidOperationException(node.Kind),
    };
}
