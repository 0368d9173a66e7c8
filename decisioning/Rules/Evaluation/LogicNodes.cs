namespace PmOrleans.Decisioning.Rules;

/// <summary>A chain of <c>&amp;&amp;</c>: false if any operand is false, whatever errors the others have; else the first error; else true.</summary>
internal sealed class AndNode(RuleNode[] operands) : RuleNode
{
    public override CelValue Evaluate(ref RuleFrame frame)
    {
        var result = CelValue.True;
        foreach (var operand in operands)
        {
            var value = operand.Evaluate(ref frame);
            if (value.Kind == CelKind.Bool)
            {
                if (value.Bits == 0)
                    return value;
            }
            else if (!result.IsError)
            {
                result = value.IsError ? value : RuleFaults.NoOverload;
            }
        }

        return result;
    }

    public override RuleOutcome Test(ref RuleFrame frame)
    {
        var result = RuleOutcome.True;
        foreach (var operand in operands)
        {
            var outcome = operand.Test(ref frame);
            if (outcome == RuleOutcome.False)
                return RuleOutcome.False;
            if (outcome == RuleOutcome.Error)
                result = RuleOutcome.Error;
        }

        return result;
    }
}

/// <summary>A chain of <c>||</c>: true if any operand is true, whatever errors the others have; else the first error; else false.</summary>
internal sealed class OrNode(RuleNode[] operands) : RuleNode
{
    public override CelValue Evaluate(ref RuleFrame frame)
    {
        var result = CelValue.False;
        foreach (var operand in operands)
        {
            var value = operand.Evaluate(ref frame);
            if (value.Kind == CelKind.Bool)
            {
                if (value.Bits != 0)
                    return value;
            }
            else if (!result.IsError)
            {
                result = value.IsError ? value : RuleFaults.NoOverload;
            }
        }

        return result;
    }

    public override RuleOutcome Test(ref RuleFrame frame)
    {
        var result = RuleOutcome.False;
        foreach (var operand in operands)
        {
            var outcome = operand.Test(ref frame);
            if (outcome == RuleOutcome.True)
                return RuleOutcome.True;
            if (outcome == RuleOutcome.Error)
                result = RuleOutcome.Error;
        }

        return result;
    }
}

internal sealed class NotNode(RuleNode operand) : RuleNode
{
    public override CelValue Evaluate(ref RuleFrame frame)
    {
        var value = operand.Evaluate(ref frame);
        return value.IsError ? value : RuleArithmetic.Not(in value);
    }

    public override RuleOutcome Test(ref RuleFrame frame) => operand.Test(ref frame) switch
    {
        RuleOutcome.False => RuleOutcome.True,
        RuleOutcome.True => RuleOutcome.False,
        _ => RuleOutcome.Error,
    };
}

internal sealed class ConditionalNode(RuleNode condition, RuleNode then, RuleNode otherwise) : RuleNode
{
    public override CelValue Evaluate(ref RuleFrame frame)
    {
        var value = condition.Evaluate(ref frame);
        if (value.Kind != CelKind.Bool)
            return value.IsError ? value : RuleFaults.NoOverload;
        return value.Bits != 0 ? then.Evaluate(ref frame) : otherwise.Evaluate(ref frame);
    }

    public override RuleOutcome Test(ref RuleFrame frame) => condition.Test(ref frame) switch
    {
        RuleOutcome.True => then.Test(ref frame),
        RuleOutcome.False => otherwise.Test(ref frame),
        _ => RuleOutcome.Error,
    };
}
