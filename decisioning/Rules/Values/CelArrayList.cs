using System.Collections.Frozen;

namespace PmOrleans.Decisioning.Rules;

/// <summary>The ordinary list: an array that nobody else writes to.</summary>
internal sealed class CelArrayList(CelValue[] elements) : CelList
{
    // Below this a linear scan of 24-byte values beats hashing.
    private const int IndexFrom = 9;

    private FrozenSet<CelValue>? _index;

    public static CelArrayList Empty { get; } = new([]);

    public override int Count => elements.Length;

    public override CelValue this[int index] => elements[index];

    /// <summary>A list that answers <c>in</c> from a hash set when it is long enough and holds only strings, integers and booleans.</summary>
    public static CelArrayList WithIndex(CelValue[] elements)
    {
        var list = new CelArrayList(elements);
        if (elements.Length >= IndexFrom && Array.TrueForAll(elements, e => e.Kind is CelKind.String or CelKind.Int or CelKind.Bool))
            list._index = elements.ToFrozenSet();
        return list;
    }

    // The index holds no NaN and nothing nested, so .NET equality on it is the language's equality.
    public override bool Contains(in CelValue value) => _index?.Contains(value) ?? base.Contains(in value);
}
