using PmOrleans.Decisioning.Consent;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>Time zones by IANA name, each looked up once.</summary>
internal sealed class Zones
{
    private readonly Dictionary<string, TimeZoneInfo?> _found = new(StringComparer.Ordinal);

    public static IEnumerable<string> Known => TimeZoneInfo.GetSystemTimeZones().Select(zone => zone.Id);

    /// <summary>The zone that is meant by a name that many take for one; the nearest spelling would be a town far away.</summary>
    public static string? Usual(string name) => name.Trim().ToUpperInvariant() switch
    {
        "ASIA/BEIJING" or "BEIJING" or "SHANGHAI" or "CHINA" or "UTC+8" or "GMT+8" or "+08:00" or "UTC+08:00" => "Asia/Shanghai",
        "EUROPE/FRANKFURT" or "EUROPE/MUNICH" or "GERMANY" or "BERLIN" => "Europe/Berlin",
        "LONDON" or "ENGLAND" => "Europe/London",
        "NEW YORK" or "EASTERN" or "EDT" => "America/New_York",
        _ => null,
    };

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
