using System.Text.RegularExpressions;

namespace PmOrleans.Decisioning.Rules;

/// <summary>A function of one argument; errors pass through without a call.</summary>
internal sealed class UnaryCallNode(RuleNode argument, RuleUnary body) : RuleNode
{
    public override CelValue Evaluate(ref RuleFrame frame)
    {
        var value = argument.Evaluate(ref frame);
        return value.IsError ? value : body(in value);
    }
}

/// <summary>A function of two arguments; the first error passes through.</summary>
internal sealed class BinaryCallNode(RuleNode left, RuleNode right, RuleBinary body) : RuleNode
{
    public override CelValue Evaluate(ref RuleFrame frame)
    {
        var a = left.Evaluate(ref frame);
        if (a.IsError)
            return a;
        var b = right.Evaluate(ref frame);
        return b.IsError ? b : body(in a, in b);
    }
}

/// <summary><c>in</c>: separate from the other calls because eligibility rules are full of it.</summary>
internal sealed class InNode(RuleNode element, RuleNode collection) : RuleNode
{
    public override CelValue Evaluate(ref RuleFrame frame)
    {
        var value = element.Evaluate(ref frame);
        if (value.IsError)
            return value;
        var within = collection.Evaluate(ref frame);
        if (within.Kind == CelKind.List && !Afford(ref frame, (CelList)within.Reference!))
            return RuleFaults.TooExpensive;
        return within.IsError ? within : RuleCollections.In(in value, in within);
    }

    public override RuleOutcome Test(ref RuleFrame frame)
    {
        var value = element.Evaluate(ref frame);
        if (value.IsError)
            return RuleOutcome.Error;
        var within = collection.Evaluate(ref frame);
        if (within.Kind == CelKind.List)
        {
            var list = (CelList)within.Reference!;
            if (!Afford(ref frame, list))
                return RuleOutcome.Error;
            return list.Contains(in value) ? RuleOutcome.True : RuleOutcome.False;
        }

        if (within.Kind == CelKind.Map)
            return ((CelMap)within.Reference!).TryGet(in value, out _) ? RuleOutcome.True : RuleOutcome.False;
        return RuleOutcome.Error;
    }

    private static bool Afford(ref RuleFrame frame, CelList list) =>
        (frame.StepsLeft -= list.Count / RuleLimits.SearchedPerStep) >= 0;
}

/// <summary><c>+</c>, which pays for what it builds: a loop over joins could otherwise fill the memory.</summary>
internal sealed class AddNode(RuleNode left, RuleNode right) : RuleNode
{
    public override CelValue Evaluate(ref RuleFrame frame)
    {
        var a = left.Evaluate(ref frame);
        if (a.IsError)
            return a;
        var b = right.Evaluate(ref frame);
        if (b.IsError)
            return b;
        var sum = RuleArithmetic.Add(in a, in b);
        frame.StepsLeft -= sum.Kind switch
        {
            CelKind.String => ((string)sum.Reference!).Length / RuleLimits.JoinedPerStep,
            CelKind.Bytes => ((byte[])sum.Reference!).Length / RuleLimits.JoinedPerStep,
            CelKind.List => ((CelList)sum.Reference!).Count / RuleLimits.CopiedPerStep,
            _ => 0,
        };
        return frame.StepsLeft >= 0 ? sum : RuleFaults.TooExpensive;
    }
}

/// <summary>A pattern written in the rule, compiled with it.</summary>
internal sealed class MatchesNode(RuleNode text, Regex pattern) : RuleNode
{
    public override CelValue Evaluate(ref RuleFrame frame)
    {
        var value = text.Evaluate(ref frame);
        if (value.Kind == CelKind.String)
            return CelValue.Of(pattern.IsMatch((string)value.Reference!));
        return value.IsError ? value : RuleFaults.NoOverload;
    }
}

/// <summary>A field of a map, or whether it is there.</summary>
internal sealed class SelectNode(RuleNode operand, string field, bool test) : RuleNode
{
    private readonly CelValue _key = CelValue.Of(field);
    private readonly CelValue _absent = CelValue.Error($"no such key: {field}");

    public override CelValue Evaluate(ref RuleFrame frame)
    {
        var value = operand.Evaluate(ref frame);
        if (value.Kind != CelKind.Map)
            return value.IsError ? value : RuleFaults.NoOverload;
        var found = ((CelMap)value.Reference!).TryGet(in _key, out var entry);
        return test ? CelValue.Of(found) : found ? entry : _absent;
    }
}

internal sealed class ListNode(RuleNode[] elements) : RuleNode
{
    public override CelValue Evaluate(ref RuleFrame frame)
    {
        var values = new CelValue[elements.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = elements[i].Evaluate(ref frame);
            if (values[i].IsError)
                return values[i];
        }

        return CelValue.Of(new CelArrayList(values));
    }
}

internal sealed class MapNode(RuleNode[] keys, RuleNode[] values) : RuleNode
{
    public override CelValue Evaluate(ref RuleFrame frame)
    {
        var entries = new KeyValuePair<CelValue, CelValue>[keys.Length];
        for (var i = 0; i < entries.Length; i++)
        {
            var key = keys[i].Evaluate(ref frame);
            if (key.IsError)
                return key;
            if (key.Kind is not (CelKind.Bool or CelKind.Int or CelKind.Uint or CelKind.String))
                return CelValue.Error("unsupported key type");
            var value = values[i].Evaluate(ref frame);
            if (value.IsError)
                return value;
            entries[i] = new(key, value);
        }

        var map = new CelDictionaryMap(entries);
        return map.Count == entries.Length ? CelValue.Of(map) : CelValue.Error("Failed with repeated key");
    }
}
