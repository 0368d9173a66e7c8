using PmOrleans.Decisioning.Form;

namespace PmOrleans.Gateway.Hosting;

/// <summary>One setting as people write it: name, what may be written, default, description, and how a text becomes the option.</summary>
/// <param name="Name">Kebab case, as on the command line without the dashes.</param>
/// <param name="Apply">Returns what is wrong with a text, or sets it.</param>
internal sealed record GatewaySetting(string Name, string Values, string Default, string Description, GatewaySetting.Setter Apply)
{
    public delegate string? Setter(string text, ref GatewayOptions options);

    public string Environment => "PMORLEANS_" + Name.ToUpperInvariant().Replace('-', '_');

    /// <summary>Camel case, as in appsettings.json.</summary>
    public string Json => string.Concat(Name.Split('-').Select((word, i) => i == 0 ? word : char.ToUpperInvariant(word[0]) + word[1..]));

    /// <summary>A whole number within bounds.</summary>
    public static GatewaySetting Whole(
        string name, string unit, long least, long most, long absent, string description, Func<GatewayOptions, long, GatewayOptions> set) =>
        new(name, $"{least} to {most} {unit}", absent.ToString(System.Globalization.CultureInfo.InvariantCulture), description, (string text, ref GatewayOptions options) =>
        {
            if (!long.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var value) || value < least || value > most)
            {
                return $"is '{Labels.Shown(text)}'; allowed are {least} to {most} {unit}";
            }

            options = set(options, value);
            return null;
        });

    /// <summary>One of some words, whatever their case.</summary>
    public static GatewaySetting Choice(string name, string[] words, string absent, string description, Func<GatewayOptions, string, GatewayOptions> set) =>
        new(name, string.Join('|', words), absent, description, (string text, ref GatewayOptions options) =>
        {
            if (Array.Find(words, word => word.Equals(text, StringComparison.OrdinalIgnoreCase)) is not { } word)
            {
                return $"is '{Labels.Shown(text)}'; allowed are {string.Join(", ", words)}";
            }

            options = set(options, word);
            return null;
        });
}
