namespace PmOrleans.Decisioning.Form;

/// <summary>The mistakes of one request or one touchpoint, by field path, in the order they were found.</summary>
/// <remarks>At most <see cref="Most"/> messages are kept: a body made of mistakes must not grow an answer of its own size.</remarks>
public sealed class ErrorList
{
    public const int Most = 100;

    private Dictionary<string, List<string>>? _byField;
    private int _count;

    public bool IsEmpty => _count == 0;

    /// <summary>How many were found, those beyond <see cref="Most"/> not counted.</summary>
    public int Count => _count;

    public bool Has(string field) => _byField?.ContainsKey(field) == true;

    public void Add(string field, string message)
    {
        if (_count > Most)
        {
            return;
        }

        if (_count++ == Most)
        {
            field = "…";
            message = $"and more; the first {Most} are listed";
        }

        _byField ??= new Dictionary<string, List<string>>(StringComparer.Ordinal);
        if (!_byField.TryGetValue(field, out var messages))
        {
            _byField[field] = messages = [];
        }

        messages.Add(message);
    }

    public Dictionary<string, string[]> ToDictionary()
    {
        var copy = new Dictionary<string, string[]>(StringComparer.Ordinal);
        foreach (var (field, messages) in _byField ?? [])
        {
            copy[field] = [.. messages];
        }

        return copy;
    }
}
