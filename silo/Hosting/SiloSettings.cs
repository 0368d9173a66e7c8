using System.Collections;
using System.Globalization;
using PmOrleans.Gateway.Hosting;

namespace PmOrleans.Silo.Hosting;

/// <summary>What a silo is told beside the gateway's settings, from the environment and then the command line.</summary>
internal sealed record SiloSettings
{
    public static readonly (string Name, string Values, string Description)[] All =
    [
        ("node", "NAME", "Name of this silo. Default: silo-1."),
        ("silo-port", "PORT", "Port of the silo on this machine. Default: 11111."),
    ];

    public string Node { get; init; } = "silo-1";

    public int SiloPort { get; init; } = 11_111;

    /// <param name="environment">Its variables of these settings are taken out; the rest are the gateway's.</param>
    /// <exception cref="StartException">A setting is wrong; the message names it and what is allowed.</exception>
    public static SiloSettings Read(IReadOnlyDictionary<string, string> given, IDictionary environment)
    {
        var settings = new SiloSettings();
        foreach (var (name, _, _) in All)
        {
            var variable = "PMORLEANS_" + name.ToUpperInvariant().Replace('-', '_');
            var found = given.GetValueOrDefault(name) ?? environment[variable] as string;
            environment.Remove(variable);
            if (found is not null)
            {
                settings = settings.With(name, found);
            }
        }

        return settings;
    }

    private SiloSettings With(string name, string text) => name switch
    {
        "node" => text.Length is > 0 and <= 100 ? this with { Node = text } : throw Wrong(name, text, "1 to 100 characters"),
        _ => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and < 65_536
            ? this with { SiloPort = port }
            : throw Wrong(name, text, "1 to 65535"),
    };

    private static StartException Wrong(string name, string text, string allowed) => new($"--{name} is '{text}'; allowed: {allowed}");
}
