using System.Security;

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
            zone = Look(name);
            _found.Add(name, zone);
        }

        return zone;
    }

    private static TimeZoneInfo? Look(string name)
    {
        // the name becomes part of a file path
        if (name.Length is 0 or > 64 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '_' or '-' or '+') || name[0] == '/')
            return null;
        try
        {
            return TimeZoneInfo.FindSystemTimeZoneById(name);
        }
        catch (Exception e) when (e is TimeZoneNotFoundException or InvalidTimeZoneException or SecurityException)
        {
            return null;
        }
    }
}
