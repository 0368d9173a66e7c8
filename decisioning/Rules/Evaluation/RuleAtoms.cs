using System.Collections.Immutable;

namespace PmOrleans.Decisioning.Rules;

/// <summary>
/// Finds the indexable conditions among the top-level conjuncts. Sound because a conjunct that is false makes the chain false and one that is
/// an error (an absent slot) leaves it at most an error.
/// </summary>
internal static class RuleAtoms
{
    public static ImmutableArray<RuleAtom> Of(RuleExpr rule, RuleSchema schema)
    {
        var atoms = ImmutableArray.CreateBuilder<RuleAtom>();
        Collect(rule, schema, atoms);
        return atoms.ToImmutable();
    }

    private static void Collect(RuleExpr expr, RuleSchema schema, ImmutableArray<RuleAtom>.Builder atoms)
    {
        if (expr is LogicExpr { IsAnd: true } chain)
        {
            foreach (var operand in chain.Operands)
                Collect(operand, schema, atoms);
        }
        else if (Read(expr, schema) is { } atom)
        {
            atoms.Add(atom);
        }
    }

    private static RuleAtom? Read(RuleExpr expr, RuleSchema schema)
    {
        if (SlotOf(expr, schema) is { } plain)
            return plain.Type.Kind is CelTypeKind.Bool or CelTypeKind.Dyn ? new(plain.Index, RuleAtomKind.IsTrue, []) : null;
        if (expr is not CallExpr { Member: false } call)
            return null;
        switch (call.Function)
        {
            case RuleOperators.Not when SlotOf(call.Arguments[0], schema) is { } slot:
                return new(slot.Index, RuleAtomKind.IsFalse, []);
            case RuleOperators.Equal:
                return Equality(call.Arguments[0], call.Arguments[1], schema) ?? Equality(call.Arguments[1], call.Arguments[0], schema);
            case RuleOperators.In when SlotOf(call.Arguments[0], schema) is { } slot && call.Arguments[1] is ListExpr list
                && Array.TrueForAll(list.Elements, e => IsKey(e, slot.Type)):
                return new(slot.Index, RuleAtomKind.In, [.. list.Elements.Select(e => ((LiteralExpr)e).Value)]);
            // A slot that might be a map would be asked for a key instead.
            case RuleOperators.In when call.Arguments[0] is LiteralExpr literal
                && SlotOf(call.Arguments[1], schema) is { Type.Kind: CelTypeKind.List } slot && IsKey(literal, slot.Type.Parameters[0]):
                return new(slot.Index, RuleAtomKind.Contains, [literal.Value]);
            default:
                return null;
        }
    }

    private static RuleAtom? Equality(RuleExpr left, RuleExpr right, RuleSchema schema) =>
        SlotOf(left, schema) is { } slot && right is LiteralExpr literal && IsKey(literal, slot.Type) ? new(slot.Index, RuleAtomKind.Equal, [literal.Value]) : null;

    /// <summary>
    /// Whether a hash table finds the literal wherever the rule's == does. Across int and double that fails beyond 2^53, where two integers equal
    /// one double but not each other; so a number counts only for a slot declared with its own type.
    /// </summary>
    public static bool IsKey(RuleExpr expr, CelType slot) => expr is LiteralExpr literal && literal.Value.Kind switch
    {
        CelKind.String => slot.Kind is CelTypeKind.String or CelTypeKind.Dyn,
        CelKind.Bool => slot.Kind is CelTypeKind.Bool or CelTypeKind.Dyn,
        CelKind.Int => slot.Kind == CelTypeKind.Int,
        CelKind.Uint => slot.Kind == CelTypeKind.Uint,
        CelKind.Double => slot.Kind == CelTypeKind.Double,
        CelKind.Bytes => slot.Kind == CelTypeKind.Bytes,
        _ => false,
    };

    /// <summary>The slot that is read as it is, or <c>null</c>.</summary>
    public static RuleSlot? SlotOf(RuleExpr expr, RuleSchema schema) =>
        expr is not SelectExpr { Test: true } && expr.Resolution is RuleResolution.Input input
            && schema.TryGetSlot(input.Variable, input.Field, out var slot)
                ? slot
                : null;
}
