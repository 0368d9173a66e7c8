using System.Collections.Frozen;

namespace PmOrleans.Decisioning.Rules;

/// <summary>Identifiers and the words that cannot be one.</summary>
internal static class RuleWords
{
    private static readonly FrozenSet<string> Reserved = new[]
    {
        "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package", "namespace", "return",
        "var", "void", "while",
    }.ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenSet<string> Keywords = new[] { "false", "in", "null", "true" }.ToFrozenSet(StringComparer.Ordinal);

    public static bool IsReserved(string word) => Reserved.Contains(word);

    public static bool IsKeyword(string word) => Keywords.Contains(word);

    public static bool IsIdentifier(string word) =>
        word.Length > 0 && IsStart(word[0]) && word.All(IsPart) && !Keywords.Contains(word) && !Reserved.Contains(word);

    public static bool IsStart(char c) => char.IsAsciiLetter(c) || c == '_';

    public static bool IsPart(char c) => char.IsAsciiLetterOrDigit(c) || c == '_';
}
