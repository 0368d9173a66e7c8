using System.Runtime.CompilerServices;

namespace PmOrleans.Decisioning.Rules;

/// <summary>What one evaluation works on: the input, the loop variables and the steps left. Lives on the stack.</summary>
internal ref struct RuleFrame(IRuleInput input, Span<CelValue> locals)
{
    public readonly IRuleInput Input = input;

    public readonly Span<CelValue> Locals = locals;

    /// <summary>What is left of <see cref="RuleLimits.MaxSteps"/>; below zero the evaluation ends in an error.</summary>
    public int StepsLeft = RuleLimits.MaxSteps;
}

/// <summary>Room on the stack for the loop variables of a rule that has any.</summary>
[InlineArray(RuleChecker.MaxLocals)]
internal struct RuleLocals
{
    private CelValue _first;
}
