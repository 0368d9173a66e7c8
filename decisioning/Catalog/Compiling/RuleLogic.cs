using System.Collections.Immutable;
using PmOrleans.Decisioning.Rules;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>What can be said of rules without a customer.</summary>
internal static class RuleLogic
{
    /// <summary>
    /// Whether rules can be seen never to hold together: one is constantly false, or their necessary conditions exclude each other. "No"
    /// means only that it cannot be seen from the conditions an index uses.
    /// </summary>
    public static bool NeverHolds(ImmutableArray<int> indexes, ImmutableArray<CompiledRule> rules)
    {
        Dictionary<int, HashSet<CelValue>> slotToPossible = [];
        foreach (var index in indexes)
        {
            if (rules[index].Constant is { } constant && !constant.Equals(CelValue.True))
                return true;
            foreach (var atom in rules[index].Atoms)
            {
                IEnumerable<CelValue> allowed;
                switch (atom.Kind)
                {
                    case RuleAtomKind.Equal or RuleAtomKind.In:
                        allowed = atom.Literals;
                        break;
                    case RuleAtomKind.IsTrue:
                        allowed = [CelValue.True];
                        break;
                    case RuleAtomKind.IsFalse:
                        allowed = [CelValue.False];
                        break;
                    default:
                        continue;
                }

                if (slotToPossible.TryGetValue(atom.Slot, out var possible))
                    possible.IntersectWith(allowed);
                else
                    slotToPossible.Add(atom.Slot, possible = [.. allowed]);
                if (possible.Count == 0)
                    return true;
            }
        }

        return false;
    }
}
