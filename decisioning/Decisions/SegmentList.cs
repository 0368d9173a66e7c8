using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Profiles;
using PmOrleans.Decisioning.Rules;
using PmOrleans.Decisioning.Segments;

namespace PmOrleans.Decisioning.Decisions;

/// <summary>The segments a customer is in, as the rules' list <c>segments</c>: a bit for each, listed only when somebody asks for the list.</summary>
internal sealed class SegmentList : CelList
{
    private readonly List<Segment> _members = [];
    private SegmentPlan? _plan;
    private ulong[] _in = [];
    private bool _isListed;

    public override int Count => Members.Count;

    public override CelValue this[int index] => CelValue.Of(Members[index].Id);

    /// <summary>In catalog order.</summary>
    public IReadOnlyList<Segment> Members
    {
        get
        {
            if (!_isListed)
            {
                List();
            }

            return _members;
        }
    }

    /// <summary>In none, of this plan's segments.</summary>
    public void Begin(SegmentPlan plan)
    {
        _plan = plan;
        if (_in.Length < plan.Words)
        {
            _in = new ulong[plan.Words];
        }

        _in.AsSpan().Clear();
        _isListed = false;
    }

    /// <summary>In those that the state remembers, of this plan's segments.</summary>
    public void Begin(SegmentPlan plan, in PackedMembership membership)
    {
        Begin(plan);
        for (var index = 0; index < membership.Words; index++)
        {
            for (var word = membership.Word(index); word != 0; word &= word - 1)
            {
                var number = (index * 64) + System.Numerics.BitOperations.TrailingZeroCount(word) + 1;
                if (plan.LiveByNumber.TryGetValue(number, out var segment))
                {
                    SegmentMask.Set(_in, segment.Ordinal);
                }
            }
        }
    }

    public bool Has(Segment segment) => SegmentMask.Has(_in, segment.Ordinal);

    public void Set(Segment segment, bool isIn)
    {
        ref var word = ref _in[segment.Ordinal / 64];
        var bit = 1UL << (segment.Ordinal % 64);
        word = isIn ? word | bit : word & ~bit;
        _isListed = false;
    }

    public override bool Contains(in CelValue value) =>
        value.Kind == CelKind.String && _plan is { } plan && plan.TryFind(value.AsString(), out var segment) && Has(segment);

    private void List()
    {
        _members.Clear();
        if (_plan is { } plan)
        {
            var mask = _in.AsSpan(0, plan.Words);
            for (var ordinal = SegmentMask.Next(mask, 0); ordinal >= 0; ordinal = SegmentMask.Next(mask, ordinal + 1))
            {
                _members.Add(plan.Segments[ordinal]);
            }
        }

        _isListed = true;
    }
}
