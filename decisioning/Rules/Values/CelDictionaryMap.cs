namespace PmOrleans.Decisioning.Rules;

/// <summary>The ordinary map: keys in the order written, a hash table beside them.</summary>
internal sealed class CelDictionaryMap : CelMap
{
    private readonly List<CelValue> _keys = [];
    private readonly Dictionary<CelValue, CelValue> _entries = [];

    public CelDictionaryMap(IEnumerable<KeyValuePair<CelValue, CelValue>> entries)
    {
        foreach (var (key, value) in entries)
        {
            if (_entries.TryAdd(key, value))
                _keys.Add(key);
            else
                _entries[key] = value;
        }
    }

    public override int Count => _keys.Count;

    public override bool TryGet(in CelValue key, out CelValue value) => _entries.TryGetValue(key, out value);

    public override CelValue KeyAt(int index) => _keys[index];
}
