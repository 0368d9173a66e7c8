namespace PmOrleans.Decisioning.Rules;

/// <summary>A compiled piece of a rule. Nodes are immutable and shared between threads; evaluating never throws.</summary>
internal abstract class RuleNode
{
    /// <summary>The value, or an error that says why there is none.</summary>
    public abstract CelValue Evaluate(ref RuleFrame frame);

    /// <summary>The value as a condition; anything but a bool is an error. Overridden where no value needs to be built.</summary>
    public virtual RuleOutcome Test(ref RuleFrame frame)
    {
        var value = Evaluate(ref frame);
        return value.Kind == CelKind.Bool ? (value.Bits != 0 ? RuleOutcome.True : RuleOutcome.False) : RuleOutcome.Error;
    }
}

internal sealed class ConstantNode(CelValue value) : RuleNode
{
    public CelValue Value => value;

    public override CelValue Evaluate(ref RuleFrame frame) => value;
}

internal sealed class LocalNode(int index) : RuleNode
{
    public override CelValue Evaluate(ref RuleFrame frame) => frame.Locals[index];
}
