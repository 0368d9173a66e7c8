using PmOrleans.Decisioning.Consent;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>Time zones by IANA name, each looked up once.</summary>
internal sealed class Zones
{
    private readonly Dictionary<string, TimeZoneInfo?> _found = new(StringComparer.Ordinal);

    public static IEnumerable<string> Known => TimeZoneInfo.GetSystemTimeZones().Select(zone => zone.Id);

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
