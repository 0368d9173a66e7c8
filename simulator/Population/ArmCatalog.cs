using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Node.Catalog;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;
using YamlDotNet.Serialization;

namespace PmOrleans.Simulator.Population;

/// <summary>Writes the catalog of an arm: the scenario's, with the arm's policy in place of the placement's, without holdouts and experiments, which would serve some by another one; for the best possible without pacing.</summary>
internal static class ArmCatalog
{
    /// <param name="into">An empty folder.</param>
    /// <exception cref="InputException">The catalog cannot be read.</exception>
    public static void Write(string catalogFolder, Placement placement, Arm arm, string into)
    {
        var bag = new DiagnosticBag();
        var bundle = CatalogFolder.Read(catalogFolder, bag) ?? throw new InputException($"the catalog in {catalogFolder} cannot be read: {bag.ToList()[0]}");
        var policy = arm.Uniform ? new Dictionary<string, object>(StringComparer.Ordinal) { ["exploration"] = new Dictionary<string, object>(StringComparer.Ordinal) { ["kind"] = "epsilonGreedy", ["floor"] = "1" } } : arm.Policy;
        foreach (var file in bundle.Files)
        {
            var path = Path.Combine(into, file.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var text = Changed(file.Text, placement, replacesPolicy: policy.Count > 0, isUnpaced: arm.Best);
            if (text.Length > 0)
            {
                File.WriteAllText(path, text);
            }
        }

        if (policy.Count > 0)
        {
            var file = new Dictionary<string, object>(StringComparer.Ordinal) { ["policies"] = new Dictionary<string, object>(StringComparer.Ordinal) { [placement.Policy.Id] = policy } };
            // Everything read from the scenario is text; plain style lets the catalog read numbers as numbers.
            File.WriteAllText(Path.Combine(into, "arm-of-the-scenario.yaml"), new SerializerBuilder().WithDefaultScalarStyle(ScalarStyle.Plain).Build().Serialize(file));
        }
    }

    /// <param name="isUnpaced">No campaign paces its spending: whoever chooses does.</param>
    private static string Changed(string text, Placement placement, bool replacesPolicy, bool isUnpaced)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        if (stream.Documents.Count == 0 || stream.Documents[0].RootNode is not YamlMappingNode root)
        {
            return text;
        }

        var isChanged = false;
        if (replacesPolicy && Child(root, "policies") is { } policies && policies.Children.Remove(new YamlScalarNode(placement.Policy.Id)))
        {
            isChanged = true;
            if (policies.Children.Count == 0)
            {
                root.Children.Remove(new YamlScalarNode("policies"));
            }
        }

        isChanged |= root.Children.Remove(new YamlScalarNode("experiments"));
        if (Child(root, "catalog") is { } settings && settings.Children.Remove(new YamlScalarNode("holdout")))
        {
            isChanged = true;
            if (settings.Children.Count == 0)
            {
                root.Children.Remove(new YamlScalarNode("catalog"));
            }
        }

        if (Child(root, "placements") is { } placements && Child(placements, placement.Id) is { } mine && mine.Children.Remove(new YamlScalarNode("holdout")))
        {
            isChanged = true;
        }

        foreach (var campaign in isUnpaced && Child(root, "campaigns") is { } campaigns ? campaigns.Children.Values.OfType<YamlMappingNode>() : [])
        {
            isChanged |= Child(campaign, "budget")?.Children.Remove(new YamlScalarNode("pacing")) is true;
        }

        if (!isChanged)
        {
            return text;
        }

        if (root.Children.Count == 0)
        {
            return "";
        }

        using var writer = new StringWriter();
        stream.Save(writer, assignAnchors: false);
        return writer.ToString();
    }

    private static YamlMappingNode? Child(YamlMappingNode parent, string key) =>
        parent.Children.TryGetValue(new YamlScalarNode(key), out var child) ? child as YamlMappingNode : null;
}
