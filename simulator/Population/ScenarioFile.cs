using PmOrleans.Simulator.Runs;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace PmOrleans.Simulator.Population;

/// <summary>Reads a scenario: one of <c>samples/scenarios</c> by name, or a file.</summary>
public static class ScenarioFile
{
    /// <returns>The scenario, and the folder of its catalog.</returns>
    /// <exception cref="InputException">It cannot be read, or does not say what it must.</exception>
    public static (Scenario Scenario, string CatalogFolder) Read(string nameOrPath)
    {
        var path = File.Exists(nameOrPath) ? nameOrPath : Sample(nameOrPath);
        var scenario = Parse(path);
        var problems = Problems(scenario);
        if (problems.Count > 0)
        {
            throw new InputException($"{path}: {string.Join("; ", problems)}");
        }

        var catalog = scenario.Catalog is { } relative ? Path.GetFullPath(relative, Path.GetDirectoryName(Path.GetFullPath(path))!) : SampleFolder.Find("shop");
        return Directory.Exists(catalog) ? (scenario, catalog) : throw new InputException($"{path}: catalog is '{scenario.Catalog}'; there is no folder {catalog}");
    }

    private static string Sample(string name)
    {
        var folder = SampleFolder.Find("scenarios");
        var path = Path.Combine(folder, name + ".yaml");
        return File.Exists(path)
            ? path
            : throw new InputException($"--scenario is '{name}', which is neither a file nor one of {string.Join(", ", Directory.EnumerateFiles(folder, "*.yaml").Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal))}");
    }

    /// <summary>All that is wrong, each with its value and what is allowed.</summary>
    public static IReadOnlyList<string> Problems(Scenario scenario)
    {
        var problems = new List<string>();
        problems.AddRange(scenario.Tastes.Validate());
        problems.AddRange(scenario.Life.Validate());
        if (scenario.Days is < 1 or > 400)
        {
            problems.Add($"days is {scenario.Days}; allowed is 1 to 400");
        }

        if (scenario.Customers is < 1 or > 10_000_000)
        {
            problems.Add($"customers is {scenario.Customers}; allowed is 1 to 10,000,000");
        }

        if (scenario.DecisionsOrDefault is < 1 or > 1_000_000_000)
        {
            problems.Add($"decisions is {scenario.DecisionsOrDefault}; allowed is 1 to 1,000,000,000");
        }

        if (scenario.Arms.Count == 0)
        {
            problems.Add("arms is empty; name at least one");
        }

        foreach (var arm in scenario.Arms)
        {
            if (arm.Name.Length == 0 || scenario.Arms.Count(other => other.Name == arm.Name) > 1)
            {
                problems.Add($"an arm is named '{arm.Name}'; each needs a name of its own");
            }

            if ((arm.Uniform ? 1 : 0) + (arm.Best ? 1 : 0) + (arm.Policy.Count > 0 ? 1 : 0) > 1)
            {
                problems.Add($"arm '{arm.Name}' has more than one of policy, uniform and best");
            }
        }

        foreach (var (name, values) in scenario.Attributes)
        {
            if (values.Count == 0 || values.Values.Any(share => share is not (>= 0 and <= 1)) || Math.Abs(values.Values.Sum() - 1) > .001)
            {
                problems.Add($"attributes.{name} has shares that sum to {values.Values.Sum():0.###}; they must be from 0 to 1 and sum to 1");
            }
        }

        return problems;
    }

    private static Scenario Parse(string path)
    {
        try
        {
            return new DeserializerBuilder().WithNamingConvention(CamelCaseNamingConvention.Instance).Build().Deserialize<Scenario?>(File.ReadAllText(path))
                ?? throw new InputException($"{path} is empty");
        }
        catch (YamlException wrong)
        {
            throw new InputException($"{path}, line {wrong.Start.Line}: {(wrong.InnerException ?? wrong).Message}", wrong);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{path} cannot be read: {unreadable.Message}", unreadable);
        }
    }
}
