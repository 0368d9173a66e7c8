namespace PmOrleans.Decisioning.Rules;

/// <summary>One of the four order relations; a type, so that each comparison node is compiled for its own.</summary>
internal interface IRuleRelation
{
    /// <summary>Whether the relation holds for -1, 0 or 1; unordered values satisfy none.</summary>
    static abstract bool Holds(int order);

    static abstract bool Holds(long left, long right);

    static abstract bool Holds(double left, double right);
}

internal readonly struct Below : IRuleRelation
{
    public static bool Holds(int order) => order == -1;

    public static bool Holds(long left, long right) => left < right;

    public static bool Holds(double left, double right) => left < right;
}

internal readonly struct AtMost : IRuleRelation
{
    public static bool Holds(int order) => order is -1 or 0;

    public static bool Holds(long left, long right) => left <= right;

    public static bool Holds(double left, double right) => left <= right;
}

internal readonly struct Above : IRuleRelation
{
    public static bool Holds(int order) => order == 1;

    public static bool Holds(long left, long right) => left > right;

    public static bool Holds(double left, double right) => left > right;
}

internal readonly struct AtLeast : IRuleRelation
{
    public static bool Holds(int order) => order is 0 or 1;

    public static bool Holds(long left, long right) => left >= right;

    public static bool Holds(double left, double right) => left >= right;
}

internal static class RuleOrder
{
    public static CelValue Evaluate<TRelation>(in CelValue left, in CelValue right)
        where TRelation : struct, IRuleRelation =>
        Test<TRelation>(in left, in right) switch
        {
            RuleOutcome.Error => RuleFaults.NoOverload,
            var outcome => CelValue.Of(outcome == RuleOutcome.True),
        };

    public static RuleOutcome Test<TRelation>(in CelValue left, in CelValue right)
        where TRelation : struct, IRuleRelation
    {
        if (left.Kind == right.Kind)
        {
            if (left.Kind == CelKind.Int)
                return TRelation.Holds(left.Bits, right.Bits) ? RuleOutcome.True : RuleOutcome.False;
            if (left.Kind == CelKind.Double)
                return TRelation.Holds(left.Number, right.Number) ? RuleOutcome.True : RuleOutcome.False;
        }

        var order = CelComparison.Compare(in left, in right);
        if (order == CelComparison.Incomparable)
            return RuleOutcome.Error;
        return TRelation.Holds(order) ? RuleOutcome.True : RuleOutcome.False;
    }
}
