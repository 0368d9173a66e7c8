using PmOrleans.Decisioning.Consent;
using PmOrleans.Decisioning.Rules;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>Time zones by IANA name, each looked up once.</summary>
internal sealed class Zones
{
    private readonly Dictionary<string, TimeZoneInfo?> _found = new(StringComparer.Ordinal);

    public static IEnumerable<string> Known => TimeZoneInfo.GetSystemTimeZones().Select(zone => zone.Id);

    private static readonly Dictionary<string, string> Taken = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Asia/Beijing"] = "Asia/Shanghai", ["Beijing"] = "Asia/Shanghai", ["Shanghai"] = "Asia/Shanghai", ["China"] = "Asia/Shanghai", ["China Standard Time"] = "Asia/Shanghai",
        ["UTC+8"] = "Asia/Shanghai", ["GMT+8"] = "Asia/Shanghai", ["+08:00"] = "Asia/Shanghai", ["UTC+08:00"] = "Asia/Shanghai",
        ["Europe/Frankfurt"] = "Europe/Berlin", ["Europe/Munich"] = "Europe/Berlin", ["Germany"] = "Europe/Berlin", ["Berlin"] = "Europe/Berlin",
        ["London"] = "Europe/London", ["England"] = "Europe/London",
        ["New York"] = "America/New_York", ["Eastern"] = "America/New_York", ["EDT"] = "America/New_York",
    };

    /// <summary>The zone that is meant by a name that many take for one; the nearest spelling would be a town far away.</summary>
    public static string? Usual(string name)
    {
        name = name.Trim();
        // A letter in six: of short names another one is nearly always something else.
        return Taken.GetValueOrDefault(name)
            ?? (RuleHints.Nearest(name, Taken.Keys, most: name.Length / 6) is { } near ? Taken[near] : null);
    }

    public TimeZoneInfo? Find(string name)
    {
        if (!_found.TryGetValue(name, out var zone))
        {
            zone = CustomerZones.Find(name);
            _found.Add(name, zone);
        }

        return zone;
    }
}
