namespace PmOrleans.Simulator.Input;

/// <summary>A second file, by the column that both have.</summary>
internal static class JoinedColumns
{
    /// <exception cref="InputException">The file cannot be read or lacks the column.</exception>
    public static Dictionary<string, Dictionary<string, string>> Read(string path, string on)
    {
        var byKey = new Dictionary<string, Dictionary<string, string>>(StringComparer.Ordinal);
        foreach (var line in LineReader.Read(path, new Mapping()))
        {
            if (!line.Columns.TryGetValue(on, out var key))
            {
                throw new InputException($"{path} has no column '{on}'; it has {string.Join(", ", line.Columns.Keys)}");
            }

            byKey[key] = new Dictionary<string, string>(line.Columns, StringComparer.Ordinal);
        }

        return byKey;
    }
}
