namespace PmOrleans.Decisioning.Catalog.Shapes;

/// <summary>
/// What the readers of a catalog ask for while they read one: where a mapping may stand, which keys it knows, what each value must be. So the published
/// schema comes from the readers themselves and cannot say something else than they do.
/// </summary>
/// <remarks>
/// Ids are what the author chooses, so a place is known by its pattern: <c>campaigns/*/offers/*</c> for an offer, <c>caps/#</c> for an item of a list. A
/// name is an id unless the mapping it stands in was read with a list of known keys.
/// </remarks>
public sealed class CatalogShape
{
    private readonly HashSet<string> _open;
    private readonly Dictionary<string, ShapeNode> _nodes = new(StringComparer.Ordinal);

    /// <param name="open">Patterns of mappings whose keys are the author's, although they are read with a list of keys.</param>
    public CatalogShape(params IEnumerable<string> open) => _open = new HashSet<string>(open, StringComparer.Ordinal);

    /// <summary>Every place seen, by pattern; the catalog itself is the empty pattern.</summary>
    public IReadOnlyDictionary<string, ShapeNode> Nodes => _nodes;

    /// <summary>A mapping is expected here.</summary>
    public void Mapping(string path, IEnumerable<string> known)
    {
        var pattern = PatternOf(path);
        if (_open.Contains(pattern))
        {
            At(pattern + "/*");
            return;
        }

        var node = At(pattern);
        node.Mappings++;
        foreach (var key in known)
        {
            node.Keys.Add(key);
            At(pattern.Length == 0 ? key : $"{pattern}/{key}");
        }
    }

    /// <summary>Something stands here, of whatever shape.</summary>
    public void Seen(string path) => At(PatternOf(path));

    /// <summary>A value is expected here.</summary>
    public void Value(string path, ShapeValue value) => At(PatternOf(path)).Values.Add(value);

    /// <summary>The mapping here must have the key.</summary>
    public void Required(string path, string key) => At(PatternOf(path)).Require(key);

    private ShapeNode At(string pattern)
    {
        if (_nodes.TryGetValue(pattern, out var node))
        {
            return node;
        }

        _nodes.Add(pattern, node = new ShapeNode());
        if (pattern.LastIndexOf('/') is var slash and > 0)
        {
            // What is below exists only if what is above does.
            At(pattern[..slash]);
        }

        return node;
    }

    private string PatternOf(string path)
    {
        var pattern = "";
        foreach (var name in path.Length == 0 ? [] : path.Split('/'))
        {
            var isKey = pattern.Length == 0 || (_nodes.TryGetValue(pattern, out var holder) && holder.Keys.Contains(name));
            pattern = isKey ? (pattern.Length == 0 ? name : $"{pattern}/{name}") : int.TryParse(name, out _) ? $"{pattern}/#" : $"{pattern}/*";
        }

        return pattern;
    }
}
