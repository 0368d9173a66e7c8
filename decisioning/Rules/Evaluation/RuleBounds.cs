using System.Collections.Immutable;

namespace PmOrleans.Decisioning.Rules;

/// <summary>Finds the comparisons of a slot with a constant among the top-level conjuncts, as far as no atom stands for them.</summary>
internal static class RuleBounds
{
    public static ImmutableArray<RuleBound> Of(RuleExpr rule, RuleSchema schema)
    {
        var bounds = ImmutableArray.CreateBuilder<RuleBound>();
        Collect(rule, schema, bounds);
        return bounds.ToImmutable();
    }

    private static void Collect(RuleExpr expr, RuleSchema schema, ImmutableArray<RuleBound>.Builder bounds)
    {
        if (expr is LogicExpr { IsAnd: true } chain)
        {
            foreach (var operand in chain.Operands)
                Collect(operand, schema, bounds);
        }
        else if (expr is CallExpr { Member: false, Arguments: [var left, var right] } call)
        {
            if ((Read(call.Function, left, right, schema) ?? Read(Mirrored(call.Function), right, left, schema)) is { } bound)
                bounds.Add(bound);
        }
    }

    private static RuleBound? Read(string function, RuleExpr left, RuleExpr right, RuleSchema schema) =>
        KindOf(function) is { } kind && RuleAtoms.SlotOf(left, schema) is { } slot && ConstantOf(right) is { } constant && Compares(slot.Type.Kind, constant)
            && !(kind == RuleBoundKind.Same && RuleAtoms.IsKey(right, slot.Type))
                ? new RuleBound(slot.Index, kind, constant)
                : null;

    private static RuleBoundKind? KindOf(string function) => function switch
    {
        RuleOperators.Greater => RuleBoundKind.Above,
        RuleOperators.GreaterOrEqual => RuleBoundKind.AtLeast,
        RuleOperators.Less => RuleBoundKind.Below,
        RuleOperators.LessOrEqual => RuleBoundKind.AtMost,
        RuleOperators.Equal => RuleBoundKind.Same,
        RuleOperators.NotEqual => RuleBoundKind.Other,
        _ => null,
    };

    private static string Mirrored(string function) => function switch
    {
        RuleOperators.Greater => RuleOperators.Less,
        RuleOperators.GreaterOrEqual => RuleOperators.LessOrEqual,
        RuleOperators.Less => RuleOperators.Greater,
        RuleOperators.LessOrEqual => RuleOperators.GreaterOrEqual,
        _ => function,
    };

    private static CelValue? ConstantOf(RuleExpr expr) => expr switch
    {
        LiteralExpr literal => literal.Value,
        CallExpr { Function: "duration", Arguments: [LiteralExpr { Value.Kind: CelKind.String } text] } => CelTime.ParseDuration(text.Value.AsString()),
        CallExpr { Function: "timestamp", Arguments: [LiteralExpr { Value.Kind: CelKind.String } text] } => CelTime.Parse(text.Value.AsString()),
        _ => null,
    };

    private static bool Compares(CelTypeKind slot, in CelValue constant) => constant.Kind switch
    {
        CelKind.Int => IsNumber(slot) && constant.AsInt() is > -SlotNode.ExactInDouble and < SlotNode.ExactInDouble,
        CelKind.Double => IsNumber(slot) && Math.Abs(constant.AsDouble()) < SlotNode.ExactInDouble,
        CelKind.String => slot is CelTypeKind.String or CelTypeKind.Dyn,
        CelKind.Duration => slot == CelTypeKind.Duration,
        CelKind.Timestamp => slot == CelTypeKind.Timestamp,
        _ => false,
    };

    private static bool IsNumber(CelTypeKind slot) => slot is CelTypeKind.Int or CelTypeKind.Double or CelTypeKind.Dyn;
}
