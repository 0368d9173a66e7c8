using System.Collections.Immutable;

namespace PmOrleans.Decisioning.Rules;

/// <summary>Collects what is wrong with one source and turns offsets into lines and columns.</summary>
internal sealed class RuleErrors(string source)
{
    // Beyond this the rest is noise from the same few mistakes.
    private const int MaxReported = 50;

    private readonly List<(int Offset, string Message, string? Hint)> _errors = [];

    public bool Any => _errors.Count > 0;

    public void Add(int offset, string message, string? hint = null)
    {
        if (_errors.Count < MaxReported && !_errors.Contains((offset, message, hint)))
            _errors.Add((offset, message, hint));
    }

    public ImmutableArray<RuleDiagnostic> ToDiagnostics() =>
        [.. _errors.OrderBy(e => e.Offset).Select(e =>
        {
            var (line, column) = Locate(e.Offset);
            return new RuleDiagnostic(line, column, e.Message, e.Hint);
        })];

    private (int Line, int Column) Locate(int offset)
    {
        var before = source.AsSpan(0, Math.Min(offset, source.Length));
        var line = 1 + before.Count('\n');
        return (line, before.Length - before.LastIndexOf('\n'));
    }
}
