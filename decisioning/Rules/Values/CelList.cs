namespace PmOrleans.Decisioning.Rules;

/// <summary>A list that a rule reads. A host may show its own storage as one; what a rule sees must not change while it runs.</summary>
public abstract class CelList
{
    public abstract int Count { get; }

    /// <summary>The element at 0 ≤ <paramref name="index"/> &lt; <see cref="Count"/>.</summary>
    public abstract CelValue this[int index] { get; }

    /// <summary>Whether an element equals <paramref name="value"/> (the language's <c>in</c>). Override it where the storage knows faster.</summary>
    public virtual bool Contains(in CelValue value)
    {
        for (var i = 0; i < Count; i++)
        {
            if (CelComparison.AreEqual(this[i], in value))
                return true;
        }

        return false;
    }
}
