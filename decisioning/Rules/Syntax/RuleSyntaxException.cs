namespace PmOrleans.Decisioning.Rules;

// Leaves the recursive descent at the first syntax error; never leaves RuleParser.
#pragma warning disable CA1032, CA1064, MA0055 // private control flow with its own shape
internal sealed class RuleSyntaxException(int offset, string message, string? hint) : Exception(message)
{
    public int Offset { get; } = offset;

    public string? Hint { get; } = hint;
}
