namespace PmOrleans.Decisioning.Rules;

internal enum RuleTokenKind : byte
{
    End,
    Name,
    QuotedName,
    Int,
    Uint,
    Double,
    String,
    Bytes,
    Symbol,
}

/// <summary>A word of a rule. <paramref name="Text"/> is the name, the symbol or the digits as written; <paramref name="Value"/> a decoded string or bytes.</summary>
internal readonly record struct RuleToken(RuleTokenKind Kind, int Offset, string Text, CelValue Value = default)
{
    public bool Is(string symbol) => Kind == RuleTokenKind.Symbol && Text == symbol;
}
