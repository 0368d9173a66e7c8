using System.Globalization;
using PmOrleans.Decisioning.Rules;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>The values that necessary conditions leave to one slot. It errs on the side of leaving too many.</summary>
internal sealed class SlotRange(RuleSlot slot)
{
    private readonly List<IReadOnlyCollection<CelValue>> _sets = [];
    private readonly List<RuleBound> _others = [];
    private HashSet<CelValue>? _possible;
    private RuleBound? _lower;
    private RuleBound? _upper;

    /// <summary>What is asked of the slot, in the language of rules: where it is empty, what cannot be had at once.</summary>
    public string Asked
    {
        get
        {
            var sets = _sets.Select(set => set.Count == 1 ? $"== {Text(set.First())}" : $"in [{string.Join(", ", set.Select(Text))}]");
            var bounds = new[] { _lower, _upper }.OfType<RuleBound>().Concat(_others).Select(bound => $"{Sign(bound.Kind)} {Text(bound.Constant)}");
            return $"{slot.Path} would have to be {string.Join(" and ", sets.Concat(bounds).Distinct(StringComparer.Ordinal))} at once";
        }
    }

    public bool IsEmpty =>
        _possible is not null ? _possible.All(IsOutside)
        : _lower is not null && _upper is not null && (slot.Type.Kind == CelTypeKind.Int ? HasNoWhole(_lower, _upper) : Excludes(_lower, _upper));

    /// <summary>Leaves only these values.</summary>
    public void Keep(IReadOnlyCollection<CelValue> values)
    {
        _sets.Add(values);
        if (_possible is null)
            _possible = [.. values];
        else
            _possible.IntersectWith(values);
    }

    public void Keep(RuleBound bound)
    {
        switch (bound.Kind)
        {
            case RuleBoundKind.Above or RuleBoundKind.AtLeast:
                _lower = Tighter(_lower, bound, 1);
                break;
            case RuleBoundKind.Below or RuleBoundKind.AtMost:
                _upper = Tighter(_upper, bound, -1);
                break;
            case RuleBoundKind.Same:
                _lower = Tighter(_lower, bound, 1);
                _upper = Tighter(_upper, bound, -1);
                break;
            case RuleBoundKind.Other:
                _others.Add(bound);
                break;
        }
    }

    // Kinds that do not compare leave the earlier bound: both hold, and one is enough to know.
    private static RuleBound Tighter(RuleBound? known, RuleBound next, int inward) =>
        known is null || CelComparison.Compare(next.Constant, known.Constant) is var order && (order == inward || (order == 0 && IsOpen(next))) ? next : known;

    private bool IsOutside(CelValue value) =>
        (_lower is not null && Excludes(_lower, new RuleBound(slot.Index, RuleBoundKind.Same, value)))
        || (_upper is not null && Excludes(new RuleBound(slot.Index, RuleBoundKind.Same, value), _upper))
        || IsOther(value);

    private bool Excludes(RuleBound lower, RuleBound upper) =>
        CelComparison.Compare(lower.Constant, upper.Constant) is var order && (order == 1 || (order == 0 && (IsOpen(lower) || IsOpen(upper) || IsOther(lower.Constant))));

    private bool HasNoWhole(RuleBound lower, RuleBound upper)
    {
        var (from, to) = (Number(lower), Number(upper));
        from = IsOpen(lower) ? Math.Floor(from) + 1 : Math.Ceiling(from);
        to = IsOpen(upper) ? Math.Ceiling(to) - 1 : Math.Floor(to);
        return from > to || (from == to && IsOther(CelValue.Of(from)));
    }

    private bool IsOther(CelValue value) => _others.Exists(other => CelComparison.AreEqual(other.Constant, in value));

    private static bool IsOpen(RuleBound bound) => bound.Kind is RuleBoundKind.Above or RuleBoundKind.Below;

    private static double Number(RuleBound bound) => bound.Constant.Kind == CelKind.Int ? bound.Constant.AsInt() : bound.Constant.AsDouble();

    private static string Sign(RuleBoundKind kind) => kind switch
    {
        RuleBoundKind.Above => ">",
        RuleBoundKind.AtLeast => ">=",
        RuleBoundKind.Below => "<",
        RuleBoundKind.AtMost => "<=",
        RuleBoundKind.Same => "==",
        _ => "!=",
    };

    private static string Text(CelValue value) => value.Kind switch
    {
        CelKind.String => $"'{value.AsString()}'",
        CelKind.Duration => Durations.Text(value.AsDuration()),
        CelKind.Double => value.AsDouble().ToString(CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };
}
