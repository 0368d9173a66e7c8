using System.Collections.Concurrent;
using System.Security;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Profiles;

namespace PmOrleans.Decisioning.Consent;

/// <summary>Time zones of customers, from the attribute that holds an IANA name; each name is looked up once. Thread-safe.</summary>
/// <param name="attribute">Name of a declared attribute.</param>
/// <param name="usual">IANA name that an absent attribute stands for, or <c>null</c>.</param>
/// <param name="fallback">For customers who say nothing, or something that is no zone.</param>
public sealed class CustomerZones(string attribute, string? usual, TimeZoneInfo fallback)
{
    /// <summary>Names come from outside. Real ones are some hundreds; of others so many are remembered before they are forgotten.</summary>
    private const int MostUnknown = 4096;

    private readonly ConcurrentDictionary<string, TimeZoneInfo> _known = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, byte> _unknown = new(StringComparer.Ordinal);

    public string Attribute => attribute;

    /// <param name="isUnknown">The customer has a zone that does not exist; the fallback is taken.</param>
    public TimeZoneInfo Of(CustomerState state, out bool isUnknown)
    {
        isUnknown = false;
        var name = state.TryGetAttribute(attribute, out var value) ? value.Kind == PropertyKind.Text ? value.Text : "" : usual;
        if (name is null)
        {
            return fallback;
        }

        if (_known.TryGetValue(name, out var zone))
        {
            return zone;
        }

        if (!_unknown.ContainsKey(name) && Find(name) is { } found)
        {
            _known[name] = found;
            return found;
        }

        if (_unknown.Count >= MostUnknown)
        {
            _unknown.Clear();
        }

        _unknown[name] = 0;
        isUnknown = true;
        return fallback;
    }

    /// <summary>A zone by its IANA name, or <c>null</c>.</summary>
    internal static TimeZoneInfo? Find(string name)
    {
        // The name becomes part of a file path.
        if (name.Length is 0 or > 64 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '_' or '-' or '+') || name[0] == '/')
        {
            return null;
        }

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
