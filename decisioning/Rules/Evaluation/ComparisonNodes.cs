namespace PmOrleans.Decisioning.Rules;

/// <summary><c>&lt; &lt;= &gt; &gt;=</c> over any operands.</summary>
internal sealed class OrderNode<TRelation>(RuleNode left, RuleNode right) : RuleNode
    where TRelation : struct, IRuleRelation
{
    public override CelValue Evaluate(ref RuleFrame frame)
    {
        var a = left.Evaluate(ref frame);
        if (a.IsError)
            return a;
        var b = right.Evaluate(ref frame);
        return b.IsError ? b : RuleOrder.Evaluate<TRelation>(in a, in b);
    }

    public override RuleOutcome Test(ref RuleFrame frame)
    {
        var a = left.Evaluate(ref frame);
        if (a.IsError)
            return RuleOutcome.Error;
        var b = right.Evaluate(ref frame);
        return b.IsError ? RuleOutcome.Error : RuleOrder.Test<TRelation>(in a, in b);
    }
}

/// <summary>A slot of type int or double against a literal of the same type, the commonest comparison.</summary>
internal sealed class SlotOrderNode<TRelation>(SlotNode slot, CelValue literal) : RuleNode
    where TRelation : struct, IRuleRelation
{
    private readonly int _slot = slot.Slot.Index;
    private readonly CelKind _kind = literal.Kind;
    private readonly long _bits = literal.Bits;

    public override CelValue Evaluate(ref RuleFrame frame)
    {
        var value = slot.Evaluate(ref frame);
        return value.IsError ? value : RuleOrder.Evaluate<TRelation>(in value, in literal);
    }

    public override RuleOutcome Test(ref RuleFrame frame)
    {
        if (!frame.Input.TryGet(_slot, out var value))
            return RuleOutcome.Error;
        if (value.Kind == _kind)
        {
            var holds = _kind == CelKind.Int
                ? TRelation.Holds(value.Bits, _bits)
                : TRelation.Holds(value.Number, BitConverter.Int64BitsToDouble(_bits));
            return holds ? RuleOutcome.True : RuleOutcome.False;
        }

        value = slot.Evaluate(ref frame);
        return value.IsError ? RuleOutcome.Error : RuleOrder.Test<TRelation>(in value, in literal);
    }
}

/// <summary><c>==</c> and <c>!=</c> over any operands.</summary>
internal sealed class EqualNode(RuleNode left, RuleNode right, bool negated) : RuleNode
{
    public override CelValue Evaluate(ref RuleFrame frame)
    {
        var a = left.Evaluate(ref frame);
        if (a.IsError)
            return a;
        var b = right.Evaluate(ref frame);
        return b.IsError ? b : CelValue.Of(CelComparison.AreEqual(in a, in b) != negated);
    }

    public override RuleOutcome Test(ref RuleFrame frame)
    {
        var a = left.Evaluate(ref frame);
        if (a.IsError)
            return RuleOutcome.Error;
        var b = right.Evaluate(ref frame);
        if (b.IsError)
            return RuleOutcome.Error;
        return CelComparison.AreEqual(in a, in b) != negated ? RuleOutcome.True : RuleOutcome.False;
    }
}

/// <summary>A slot against a string, int or bool literal of the slot's own type.</summary>
internal sealed class SlotEqualNode(SlotNode slot, CelValue literal, bool negated) : RuleNode
{
    private readonly int _slot = slot.Slot.Index;
    private readonly CelKind _kind = literal.Kind;
    private readonly long _bits = literal.Bits;
    private readonly string? _text = literal.Reference as string;

    public override CelValue Evaluate(ref RuleFrame frame)
    {
        var value = slot.Evaluate(ref frame);
        return value.IsError ? value : CelValue.Of(CelComparison.AreEqual(in value, in literal) != negated);
    }

    public override RuleOutcome Test(ref RuleFrame frame)
    {
        // A slot of another kind than declared is an error, and the literal has the declared kind.
        if (!frame.Input.TryGet(_slot, out var value) || value.Kind != _kind)
            return RuleOutcome.Error;
        var equal = _text is null ? value.Bits == _bits : string.Equals((string?)value.Reference, _text);
        return equal != negated ? RuleOutcome.True : RuleOutcome.False;
    }
}
