using System.Collections;
using System.Globalization;
using System.Net;
using PmOrleans.Gateway.Hosting;

namespace PmOrleans.Silo.Hosting;

/// <summary>What a silo is told beside the gateway's settings, from the environment and then the command line.</summary>
internal sealed record SiloSettings
{
    public static readonly (string Name, string Values, string Description)[] All =
    [
        ("role", "all|silo|gateway", "all: silo and API; silo: no API; gateway: the API alone, over the silos of --connection. Default: all."),
        ("node", "NAME", "Name of this silo, its own in the cluster and the same after a restart. Default: silo-1."),
        ("silo-address", "IP", "Address at which other silos reach this one. Default: 127.0.0.1."),
        ("silo-port", "PORT", "Port at which other silos reach this one. Default: 11111."),
        ("streams", "on|off", "on: takes touchpoints from an Orleans stream, and publishes decisions and segment changes. Default: off."),
        ("client-port", "PORT", "Port at which gateways without a silo reach this one. Default: 30000."),
    ];

    public SiloRole Role { get; init; } = SiloRole.All;

    public string Node { get; init; } = "silo-1";

    public IPAddress SiloAddress { get; init; } = IPAddress.Loopback;

    public int SiloPort { get; init; } = 11_111;

    public int ClientPort { get; init; } = 30_000;

    public bool Streams { get; init; }

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
        "role" => text switch
        {
            "all" => this with { Role = SiloRole.All },
            "silo" => this with { Role = SiloRole.Silo },
            "gateway" => this with { Role = SiloRole.Gateway },
            _ => throw Wrong(name, text, "all, silo, gateway"),
        },
        // It stands in a header of every answer about a customer.
        "node" => text.Length is > 0 and <= 100 && text.Trim() == text && text.All(letter => letter is >= ' ' and <= '~')
            ? this with { Node = text }
            : throw Wrong(name, text, "1 to 100 letters, digits and signs of ASCII, without spaces around"),
        "silo-address" => IPAddress.TryParse(text, out var address) ? this with { SiloAddress = address } : throw Wrong(name, text, "an IP address"),
        "streams" => text is "on" or "off" ? this with { Streams = text == "on" } : throw Wrong(name, text, "on, off"),
        "silo-port" => this with { SiloPort = Port(name, text) },
        _ => this with { ClientPort = Port(name, text) },
    };

    private static int Port(string name, string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and < 65_536 ? port : throw Wrong(name, text, "1 to 65535");

    private static StartException Wrong(string name, string text, string allowed) => new($"--{name} is '{text}'; allowed: {allowed}");
}
