using System.Collections.Concurrent;

namespace PmOrleans.Decisioning.Profiles;

/// <summary>One string object per name: types, channels, attribute names and short attribute values repeat over a million customers.</summary>
/// <remarks>A cache without meaning: full, it hands back what it was given. Bounded, because names come from outside.</remarks>
internal static class NamePool
{
    private const int Most = 16_384;
    private const int LongestName = 64;
    private static readonly ConcurrentDictionary<string, string> Names = new(StringComparer.Ordinal);

    public static string Get(string name)
    {
        if (name.Length > LongestName)
        {
            return name;
        }

        if (Names.TryGetValue(name, out var known))
        {
            return known;
        }

        return Names.Count < Most ? Names.GetOrAdd(name, name) : name;
    }
}
