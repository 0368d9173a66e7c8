using System.Collections;
using System.Text.Json;
using PmOrleans.Gateway.Json;

namespace PmOrleans.Gateway.Hosting;

/// <summary>Reads the settings from appsettings.json, then the environment, then the command line: the later wins.</summary>
internal static class SettingsReader
{
    private const string Section = "PmOrleans";
    private const string Prefix = "PMORLEANS_";

    /// <param name="given">Settings of the command line by name.</param>
    /// <param name="environment">All variables; those that do not begin with PMORLEANS_ are left alone.</param>
    /// <param name="appsettings">Path of a file that need not exist.</param>
    /// <exception cref="StartException">A setting is unknown or wrong, or does not go with another; the message names it, where it was found, and what is allowed.</exception>
    public static GatewayOptions Read(IReadOnlyDictionary<string, string> given, IDictionary environment, string appsettings)
    {
        var options = new GatewayOptions { CatalogFolder = SampleCatalog.Find() };
        foreach (var (name, text) in File.Exists(appsettings) ? FromFile(appsettings) : [])
        {
            Apply($"{Section}:{name} in {Path.GetFileName(appsettings)}", name, setting => setting.Json, text, ref options);
        }

        // The variable that every ASP.NET Core program knows; ours goes first.
        if (environment["ASPNETCORE_URLS"] is string { Length: > 0 } urls)
        {
            Apply("ASPNETCORE_URLS", "urls", setting => setting.Name, urls, ref options);
        }

        foreach (var name in environment.Keys.Cast<string>().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            Apply($"{name} in the environment", name, setting => setting.Environment, (string?)environment[name] ?? "", ref options);
        }

        foreach (var (name, text) in given)
        {
            Apply("--" + name, name, setting => setting.Name, text, ref options);
        }

        if (options is { CertificateKeyFile: not null, CertificateFile: null })
        {
            throw new StartException("--certificate-key is set without --certificate; it is the key of that");
        }

        return options is { ExportFolder: not null, RetainDays: null }
            ? throw new StartException("--export is set without --retain; it is what --retain cuts that is exported")
            : options;
    }

    private static void Apply(string place, string name, Func<GatewaySetting, string> nameOf, string text, ref GatewayOptions options)
    {
        if (GatewaySettings.All.FirstOrDefault(setting => nameOf(setting) == name) is not { } setting)
        {
            var nearest = Spelling.Nearest(name, [.. GatewaySettings.All.Select(nameOf)]);
            throw new StartException($"{place} is not a known setting{(nearest is null ? "; see --help" : $"; did you mean {nearest}?")}");
        }

        if (setting.Apply(text, ref options) is { } wrong)
        {
            throw new StartException($"{place} {wrong}");
        }
    }

    private static List<(string Name, string Text)> FromFile(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            var file = Path.GetFileName(path);
            RequireObject(document.RootElement, file);
            foreach (var section in document.RootElement.EnumerateObject())
            {
                // Other sections are other people's.
                if (section.Name != Section && Spelling.Nearest(section.Name, [Section]) is { } meant)
                {
                    throw new StartException($"{section.Name} in {file} is not a known section; did you mean {meant}?");
                }
            }

            if (!document.RootElement.TryGetProperty(Section, out var own))
            {
                return [];
            }

            RequireObject(own, $"{Section} in {file}");
            return [.. own.EnumerateObject().Select(member => (member.Name, member.Value.ToString()))];
        }
        catch (Exception broken) when (broken is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new StartException($"{path} cannot be read: {broken.Message}", broken);
        }
    }

    private static void RequireObject(JsonElement element, string place)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw new StartException($"{place} is of kind {element.ValueKind}; an object of the form {{ \"{Section}\": {{ \"maxWaitMs\": 500 }} }} is needed");
        }
    }
}
