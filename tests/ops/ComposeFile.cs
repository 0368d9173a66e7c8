using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.Serialization;

namespace PmOrleans.Ops.Tests;

/// <summary>docker-compose.yml as compose reads it: anchors and merge keys resolved, everything text, list or map.</summary>
internal sealed class ComposeFile
{
    private readonly Dictionary<object, object> _file;

    public ComposeFile()
    {
        using var text = new StringReader(Repository.Read("docker-compose.yml"));
        var parser = new MergingParser(new Parser(text));
        parser.Consume<StreamStart>();
        _file = new DeserializerBuilder().Build().Deserialize<Dictionary<object, object>>(parser);
    }

    public IReadOnlyDictionary<string, ComposeService> Services =>
        ((Dictionary<object, object>)_file["services"]).ToDictionary(
            service => (string)service.Key, service => new ComposeService((Dictionary<object, object>)service.Value), StringComparer.Ordinal);

    public IEnumerable<string> Volumes => ((Dictionary<object, object>)_file["volumes"]).Keys.Cast<string>();

    public IEnumerable<KeyValuePair<string, ComposeService>> Silos => Services.Where(service => service.Value.IsBuilt);
}

/// <summary>One service of it.</summary>
internal sealed class ComposeService(Dictionary<object, object> members)
{
    public bool IsBuilt => members.ContainsKey("build");

    public string Image => (string)members["image"];

    public bool HasHealthCheck => members.TryGetValue("healthcheck", out var check) && ((Dictionary<object, object>)check).ContainsKey("test");

    public IEnumerable<string> Ports => List("ports");

    /// <summary>Each as source, target and perhaps mode.</summary>
    public IEnumerable<string[]> Volumes => List("volumes").Select(volume => volume.Split(':'));

    public IReadOnlyDictionary<string, string> Environment => members.TryGetValue("environment", out var variables)
        ? ((Dictionary<object, object>)variables).ToDictionary(variable => (string)variable.Key, variable => (string)variable.Value, StringComparer.Ordinal)
        : new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Whether that service must be healthy before this one starts.</summary>
    public bool Needs(string service) => members.TryGetValue("depends_on", out var needed)
        && ((Dictionary<object, object>)needed).TryGetValue(service, out var condition)
        && (string)((Dictionary<object, object>)condition)["condition"] == "service_healthy";

    public string? Address => members["networks"] is Dictionary<object, object> networks ? (string)((Dictionary<object, object>)networks["cluster"])["ipv4_address"] : null;

    private IEnumerable<string> List(string name) => members.TryGetValue(name, out var list) ? ((List<object>)list).Cast<string>() : [];
}
