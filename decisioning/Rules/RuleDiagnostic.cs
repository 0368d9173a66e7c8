namespace PmOrleans.Decisioning.Rules;

/// <summary>What is wrong with a rule's text and where.</summary>
/// <param name="Line">1-based.</param>
/// <param name="Column">1-based, in UTF-16 units, as editors count.</param>
/// <param name="Message">What is wrong, for the person who wrote the rule.</param>
/// <param name="Hint">What to do about it, when that can be guessed.</param>
public sealed record RuleDiagnostic(int Line, int Column, string Message, string? Hint)
{
    public override string ToString() => Hint is null ? $"{Line}:{Column}: {Message}" : $"{Line}:{Column}: {Message} ({Hint})";
}
