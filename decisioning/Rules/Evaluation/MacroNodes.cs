namespace PmOrleans.Decisioning.Rules;

/// <summary>What comprehensions share: going through a list's elements or a map's keys, within the step budget.</summary>
internal abstract class MacroNode(RuleNode range, int local) : RuleNode
{
    protected int Local => local;

    /// <summary>Reads the range; false with the error in <paramref name="source"/> when there is nothing to go through.</summary>
    protected bool TryOpen(ref RuleFrame frame, out CelValue source, out int count)
    {
        source = range.Evaluate(ref frame);
        count = 0;
        switch (source.Kind)
        {
            case CelKind.List:
                count = ((CelList)source.Reference!).Count;
                break;
            case CelKind.Map:
                count = ((CelMap)source.Reference!).Count;
                break;
            case CelKind.Error:
                return false;
            default:
                source = RuleFaults.NoOverload;
                return false;
        }

        if (count <= frame.StepsLeft)
        {
            frame.StepsLeft -= count;
            return true;
        }

        // Below zero for good: what encloses this one stops too.
        frame.StepsLeft = -1;
        source = RuleFaults.TooExpensive;
        return false;
    }

    protected static CelValue Element(in CelValue source, int index) =>
        source.Kind == CelKind.List ? ((CelList)source.Reference!)[index] : ((CelMap)source.Reference!).KeyAt(index);
}

/// <summary><c>all</c> and <c>exists</c>: the chain of <c>&amp;&amp;</c> or <c>||</c> over the elements, with the same treatment of errors.</summary>
internal sealed class QuantifierNode(RuleNode range, int local, RuleNode condition, bool all) : MacroNode(range, local)
{
    public override CelValue Evaluate(ref RuleFrame frame)
    {
        if (!TryOpen(ref frame, out var source, out var count))
            return source;
        var result = CelValue.Of(all);
        for (var i = 0; i < count; i++)
        {
            frame.Locals[Local] = Element(in source, i);
            var value = condition.Evaluate(ref frame);
            if (value.Kind == CelKind.Bool)
            {
                if (value.Bits != 0 != all)
                    return value;
            }
            else
            {
                // Going on to look for a deciding element is what would cost too much.
                if (frame.StepsLeft < 0)
                    return RuleFaults.TooExpensive;
                if (!result.IsError)
                    result = value.IsError ? value : RuleFaults.NoOverload;
            }
        }

        return result;
    }
}

/// <summary><c>exists_one</c>: exactly one element satisfies the condition; any error is the result.</summary>
internal sealed class ExistsOneNode(RuleNode range, int local, RuleNode condition) : MacroNode(range, local)
{
    public override CelValue Evaluate(ref RuleFrame frame)
    {
        if (!TryOpen(ref frame, out var source, out var count))
            return source;
        var holding = 0;
        for (var i = 0; i < count; i++)
        {
            frame.Locals[Local] = Element(in source, i);
            var value = condition.Evaluate(ref frame);
            if (value.Kind != CelKind.Bool)
                return value.IsError ? value : RuleFaults.NoOverload;
            holding += (int)value.Bits;
        }

        return CelValue.Of(holding == 1);
    }
}

/// <summary><c>filter</c> (no body) and <c>map</c> (with body, perhaps a condition); any error is the result.</summary>
internal sealed class CollectNode(RuleNode range, int local, RuleNode? condition, RuleNode? body) : MacroNode(range, local)
{
    public override CelValue Evaluate(ref RuleFrame frame)
    {
        if (!TryOpen(ref frame, out var source, out var count))
            return source;
        var result = new List<CelValue>();
        for (var i = 0; i < count; i++)
        {
            var element = Element(in source, i);
            frame.Locals[Local] = element;
            if (condition is not null)
            {
                var keep = condition.Evaluate(ref frame);
                if (keep.Kind != CelKind.Bool)
                    return keep.IsError ? keep : RuleFaults.NoOverload;
                if (keep.Bits == 0)
                    continue;
            }

            var value = body is null ? element : body.Evaluate(ref frame);
            if (value.IsError)
                return value;
            result.Add(value);
        }

        return CelValue.Of(new CelArrayList([.. result]));
    }
}
