using PmOrleans.Decisioning.Rules;

namespace PmOrleans.Decisioning.Profiles;

/// <summary>The values of a metric by key, as rules read them; refilled for each customer. A key without a touchpoint in the window is not there.</summary>
public sealed class KeyedMetric : CelMap
{
    private readonly List<KeyValuePair<string, CelValue>> _entries = [];

    public override int Count => _entries.Count;

    /// <summary>In the order in which the customer's keys came up.</summary>
    public IReadOnlyList<KeyValuePair<string, CelValue>> Entries => _entries;

    public override CelValue KeyAt(int index) => CelValue.Of(_entries[index].Key);

    public override bool TryGet(in CelValue key, out CelValue value)
    {
        if (key.Kind == CelKind.String)
        {
            var text = key.AsString();
            foreach (var entry in _entries)
            {
                if (entry.Key == text)
                {
                    value = entry.Value;
                    return true;
                }
            }
        }

        value = default;
        return false;
    }

    internal void Clear() => _entries.Clear();

    internal void Add(string key, CelValue value) => _entries.Add(new(key, value));
}
