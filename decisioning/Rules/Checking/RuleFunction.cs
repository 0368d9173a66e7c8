namespace PmOrleans.Decisioning.Rules;

internal delegate CelValue RuleUnary(in CelValue argument);

internal delegate CelValue RuleBinary(in CelValue left, in CelValue right);

/// <summary>A function of the language: its signatures, and one body per number of arguments that tells the kinds apart itself.</summary>
internal sealed record RuleFunction(string Name, RuleOverload[] Overloads, RuleUnary? Unary, RuleBinary? Binary);
