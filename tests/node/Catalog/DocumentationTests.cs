using System.Text;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Node.Catalog;

namespace PmOrleans.Node.Tests.Catalog;

public sealed class DocumentationTests
{
    private static readonly string Text = File.ReadAllText(Path.Combine(CatalogText.Repository, "docs", "catalog.md"));

    [Fact]
    public void every_yaml_example_of_the_documentation_is_a_catalog()
    {
        var examples = Examples("yaml");

        var errors = examples.SelectMany(example => CatalogText.Compile(example).Errors.Select(error => $"{error}\n{example}"));

        Assert.True(examples.Count >= 10);
        Assert.Equal("", string.Join('\n', errors));
    }

    [Fact]
    public void every_json_example_of_the_documentation_is_a_bundle()
    {
        var examples = Examples("json");
        Assert.NotEmpty(examples);

        foreach (var example in examples)
        {
            var bag = new DiagnosticBag();
            var bundle = CatalogBundle.Read(Encoding.UTF8.GetBytes(example), bag);
            Assert.Empty(bag.ToList());
            Assert.Empty(CatalogCompiler.Compile(bundle!, IdRegistry.Empty, 1, CatalogText.Now).Errors);
        }
    }

    [Fact]
    public void every_code_is_in_the_documentation()
    {
        var codes = typeof(CatalogCodes).GetFields().Select(field => (string)field.GetRawConstantValue()!).Where(code => code != CatalogCodes.MoreDiagnostics);

        Assert.Equal("", string.Join(' ', codes.Where(code => !Text.Contains($"`{code}`"))));
    }

    private static List<string> Examples(string language) =>
        [.. Text.Split($"```{language}\n").Skip(1).Select(part => part[..part.IndexOf("```", StringComparison.Ordinal)])];
}
