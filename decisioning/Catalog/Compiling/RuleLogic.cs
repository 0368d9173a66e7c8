using System.Collections.Immutable;
using PmOrleans.Decisioning.Rules;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>What can be said of rules without a customer.</summary>
internal static class RuleLogic
{
    /// <summary>
    /// Whether rules can be seen never to hold together: one is constantly false, or their necessary conditions exclude each other. "No"
    /// means only that it cannot be seen from the conditions an index uses. A segment that a rule asks for brings its own conditions along.
    /// </summary>
    public static bool NeverHolds(ImmutableArray<int> indexes, CatalogSnapshot catalog)
    {
        var rules = catalog.Rules;
        Dictionary<int, HashSet<CelValue>> slotToPossible = [];
        foreach (var index in WithSegments(indexes, catalog))
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

    private static List<int> WithSegments(ImmutableArray<int> indexes, CatalogSnapshot catalog)
    {
        List<int> all = [.. indexes];
        if (!catalog.Schema.TryGetSlot("segments", null, out var slot))
            return all;
        for (var i = 0; i < all.Count; i++)
        {
            foreach (var atom in catalog.Rules[all[i]].Atoms.Where(atom => atom.Slot == slot.Index && atom.Kind == RuleAtomKind.Contains))
            {
                foreach (var segment in catalog.Segments.Where(segment => atom.Literals.Contains(CelValue.Of(segment.Id)) && !all.Contains(segment.Rule)))
                    all.Add(segment.Rule);
            }
        }

        return all;
    }
}
