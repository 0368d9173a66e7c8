namespace PmOrleans.Decisioning.Catalog.Sources;

/// <summary>Keys and values in the order written. Whoever builds it has refused keys that come twice.</summary>
public sealed class SourceMap(SourceFile file, int offset, IReadOnlyList<SourceEntry> entries) : SourceNode(file, offset)
{
    public IReadOnlyList<SourceEntry> Entries => entries;

    public override string Kind => "a mapping";

    public SourceEntry? Find(string key)
    {
        foreach (var entry in entries)
        {
            if (entry.Key.Text == key)
                return entry;
        }

        return null;
    }
}
