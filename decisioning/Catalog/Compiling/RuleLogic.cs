using System.Collections.Immutable;
using PmOrleans.Decisioning.Rules;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>What can be said of rules without a customer.</summary>
internal static class RuleLogic
{
    /// <summary>
    /// Why rules never hold together: one is constantly false, or their necessary conditions exclude each other. <c>null</c> means only that it cannot be
    /// seen from those conditions. A segment that a rule asks for brings its own conditions along.
    /// </summary>
    public static string? NeverHolds(ImmutableArray<int> indexes, CatalogSnapshot catalog) =>
        NeverHolds(WithSegments(indexes, catalog).Select(index => catalog.Rules[index]), catalog.Schema, slot => Natural(slot, catalog));

    /// <summary>The same for rules whose slots are not those of the catalog.</summary>
    public static string? NeverHolds(CompiledRule rule, RuleSchema schema) => NeverHolds([rule], schema, _ => []);

    private static string? NeverHolds(IEnumerable<CompiledRule> rules, RuleSchema schema, Func<RuleSlot, RuleBound[]> natural)
    {
        Dictionary<int, SlotRange> slotToRange = [];
        foreach (var rule in rules)
        {
            if (rule.Constant is { } constant && !constant.Equals(CelValue.True))
                return "it is false for everybody, whatever is known of them";
            if (rule.ConstantError is { } error)
                return $"it is an error for everybody: {error}";
            foreach (var atom in rule.Atoms.Where(atom => atom.Kind != RuleAtomKind.Contains))
            {
                RangeOf(atom.Slot).Keep(atom.Kind switch
                {
                    RuleAtomKind.IsTrue => [CelValue.True],
                    RuleAtomKind.IsFalse => [CelValue.False],
                    _ => atom.Literals,
                });
            }

            foreach (var bound in rule.Bounds)
                RangeOf(bound.Slot).Keep(bound);
        }

        return slotToRange.Values.FirstOrDefault(range => range.IsEmpty)?.Asked;

        SlotRange RangeOf(int index)
        {
            if (slotToRange.TryGetValue(index, out var range))
                return range;
            var slot = schema.Slots[index];
            slotToRange.Add(index, range = new SlotRange(slot));
            foreach (var bound in natural(slot))
                range.Keep(bound);
            return range;
        }
    }

    /// <summary>What holds of a value whatever anybody does.</summary>
    private static RuleBound[] Natural(RuleSlot slot, CatalogSnapshot catalog) => slot.Variable switch
    {
        "counts" => [new(slot.Index, RuleBoundKind.AtLeast, CelValue.Of(0L))],
        "metrics" when catalog.Metrics.Any(metric => metric.Name == slot.Field && metric is { KeyedBy: null, Kind: MetricKind.Count or MetricKind.Distinct }) =>
            [new(slot.Index, RuleBoundKind.AtLeast, CelValue.Of(0L))],
        "rfm" when slot.Field != "cell" => [new(slot.Index, RuleBoundKind.AtLeast, CelValue.Of(1L)), new(slot.Index, RuleBoundKind.AtMost, CelValue.Of(5L))],
        _ => [],
    };

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
