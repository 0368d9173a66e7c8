using System.Collections.Immutable;

namespace PmOrleans.Decisioning.Rules;

/// <summary>
/// A necessary condition of a rule: where it does not hold, or the slot is absent, the rule is not True. Values compare as
/// <see cref="CelValue.Equals(CelValue)"/> does, so a hash table keyed by value may stand for it.
/// </summary>
public sealed record RuleAtom(int Slot, RuleAtomKind Kind, ImmutableArray<CelValue> Literals);
