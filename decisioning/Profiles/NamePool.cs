using System.Collections.Concurrent;
using System.Text;
using PmOrleans.Decisioning.Codec;

namespace PmOrleans.Decisioning.Profiles;

/// <summary>One string object per name: types, channels, attribute names and short attribute values repeat over a million customers.</summary>
/// <remarks>A cache without meaning: full, it hands back what it was given. Bounded, because names come from outside.</remarks>
internal static class NamePool
{
    private const int Most = 16_384;
    private const int LongestName = 64;

    /// <summary>Names held; the dictionary would take all its locks to say so.</summary>
    private static int _count;
    private static readonly ConcurrentDictionary<string, string> Names = new(StringComparer.Ordinal);
    private static readonly ConcurrentDictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> NamesBySpan = Names.GetAlternateLookup<ReadOnlySpan<char>>();

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

        if (Volatile.Read(ref _count) >= Most)
        {
            return name;
        }

        known = Names.GetOrAdd(name, name);
        if (ReferenceEquals(known, name))
        {
            Interlocked.Increment(ref _count);
        }

        return known;
    }

    /// <summary>The next text of a reader, which is pooled from now on.</summary>
    /// <exception cref="CorruptDataException">There is none.</exception>
    public static string Read(ref ByteReader reader) => Get(Find(ref reader) ?? throw Missing(in reader));

    /// <summary>The next text of a reader: the one object of it when it is pooled, else a new one. <c>null</c> for none.</summary>
    public static string? Find(ref ByteReader reader)
    {
        if (!reader.TextBytes(out var utf8))
        {
            return null;
        }

        if (utf8.Length > LongestName)
        {
            return Encoding.UTF8.GetString(utf8);
        }

        Span<char> name = stackalloc char[LongestName];
        name = name[..Encoding.UTF8.GetChars(utf8, name)];
        return NamesBySpan.TryGetValue(name, out var known) ? known : new string(name);
    }

    /// <inheritdoc cref="Find"/>
    /// <exception cref="CorruptDataException">There is none.</exception>
    public static string FindRequired(ref ByteReader reader) => Find(ref reader) ?? throw Missing(in reader);

    private static CorruptDataException Missing(in ByteReader reader) => new($"a text is missing at byte {reader.Position}");
}
