using System.Text;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Node.Catalog;

namespace PmOrleans.Node.Tests.Catalog;

public sealed class DocumentationTests
{
    public static readonly string[] All = ["docs/catalog.md", "docs/zh-CN/catalog.md"];

    /// <summary>The guide in every language.</summary>
    public static TheoryData<string> Guides => [.. All];

    [Theory]
    [MemberData(nameof(Guides))]
    public void every_yaml_example_of_the_documentation_is_a_catalog(string guide)
    {
        var examples = Examples(guide, "yaml");

        var errors = examples.SelectMany(example => CatalogText.Compile(example).Errors.Select(error => $"{error}\n{example}"));

        Assert.True(examples.Count >= 10);
        Assert.Equal("", string.Join('\n', errors));
    }

    [Theory]
    [MemberData(nameof(Guides))]
    public void every_json_example_of_the_documentation_is_a_bundle(string guide)
    {
        var examples = Examples(guide, "json");
        Assert.NotEmpty(examples);

        foreach (var example in examples)
        {
            var bag = new DiagnosticBag();
            var bundle = CatalogBundle.Read(Encoding.UTF8.GetBytes(example), bag);
            Assert.Empty(bag.ToList());
            Assert.Empty(CatalogCompiler.Compile(bundle!, IdRegistry.Empty, 1, CatalogText.Now).Errors);
        }
    }

    [Theory]
    [MemberData(nameof(Guides))]
    public void every_code_is_in_the_documentation(string guide)
    {
        var text = Text(guide);
        var codes = typeof(CatalogCodes).GetFields().Select(field => (string)field.GetRawConstantValue()!).Where(code => code != CatalogCodes.MoreDiagnostics);

        Assert.Equal("", string.Join(' ', codes.Where(code => !text.Contains($"`{code}`"))));
    }

    /// <summary>The example of an offer, with the slip of the pen of which the guide shows the message.</summary>
    [Theory]
    [MemberData(nameof(Guides))]
    public void a_mistake_looks_as_the_documentation_says(string guide)
    {
        var offers = Examples(guide, "yaml").Single(example => example.Contains("exclusionGroup", StringComparison.Ordinal));
        var mistaken = offers.Replace("eligibility: metrics.views7d > 3", "eligibility: customer.tire == 'gold'", StringComparison.Ordinal) + "attributes: { tier: string }\n";

        var compilation = CatalogText.Compile([new CatalogFile("campaigns/spring.yaml", mistaken)]);

        Assert.Equal(Examples(guide, "text").Single().Trim(), Assert.Single(compilation.Errors).ToString());
    }

    public static List<string> Examples(string guide, string language) =>
        [.. Text(guide).Split($"```{language}\n").Skip(1).Select(part => part[..part.IndexOf("```", StringComparison.Ordinal)])];

    private static string Text(string guide) => File.ReadAllText(Path.Combine(CatalogText.Repository, guide));
}
