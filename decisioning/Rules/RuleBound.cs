namespace PmOrleans.Decisioning.Rules;

/// <summary>
/// A necessary condition of a rule beside its atoms: where it does not hold, or the slot is absent, the rule is not True. Of numbers only those that every
/// numeric type holds exactly, so that they compare as on the number line; else the constant has the slot's own kind.
/// </summary>
public sealed record RuleBound(int Slot, RuleBoundKind Kind, CelValue Constant);
