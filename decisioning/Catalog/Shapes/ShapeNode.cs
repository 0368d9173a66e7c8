namespace PmOrleans.Decisioning.Catalog.Shapes;

/// <summary>What may stand at one place of a catalog; several forms when there is a short one.</summary>
public sealed class ShapeNode
{
    private readonly Dictionary<string, int> _asked = new(StringComparer.Ordinal);

    /// <summary>How many mappings with known keys stood here; above 0: one may.</summary>
    public int Mappings { get; set; }

    /// <summary>The keys it knows.</summary>
    public SortedSet<string> Keys { get; } = new(StringComparer.Ordinal);

    /// <summary>Those that every mapping here had to have; one that only some must have is not among them.</summary>
    public IEnumerable<string> Required => Keys.Where(key => _asked.GetValueOrDefault(key) >= Mappings && Mappings > 0);

    /// <summary>Single values that may stand here.</summary>
    public HashSet<ShapeValue> Values { get; } = [];

    internal void Require(string key) => _asked[key] = _asked.GetValueOrDefault(key) + 1;
}
