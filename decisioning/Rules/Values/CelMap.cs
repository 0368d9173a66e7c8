namespace PmOrleans.Decisioning.Rules;

/// <summary>A map that a rule reads. Keys are bool, int, uint or string; 1, 1u and 1.0 look up the same entry.</summary>
public abstract class CelMap
{
    public abstract int Count { get; }

    public abstract bool TryGet(in CelValue key, out CelValue value);

    /// <summary>The key at 0 ≤ <paramref name="index"/> &lt; <see cref="Count"/>, in an order that does not change.</summary>
    public abstract CelValue KeyAt(int index);
}
