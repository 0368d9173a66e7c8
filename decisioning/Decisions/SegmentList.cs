using System.Numerics;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Profiles;
using PmOrleans.Decisioning.Rules;
using PmOrleans.Decisioning.Segments;

namespace PmOrleans.Decisioning.Decisions;

/// <summary>The segments a customer is in, as the rules' list <c>segments</c>: a bit for each by its number, listed only when somebody asks for the list.</summary>
internal sealed class SegmentList : CelList
{
    private readonly List<Segment> _members = [];
    private SegmentPlan? _plan;
    private ulong[] _in = [];
    private bool _isListed;

    /// <remarks>Without listing them: <c>in</c> asks for it at every use.</remarks>
    public override int Count
    {
        get
        {
            var count = 0;
            foreach (var word in _in)
            {
                count += BitOperations.PopCount(word);
            }

            return count;
        }
    }

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
        if (_in.Length < plan.NumberWords)
        {
            _in = new ulong[plan.NumberWords];
        }

        _in.AsSpan().Clear();
        _isListed = false;
    }

    /// <summary>In those that the state remembers, of this plan's segments.</summary>
    public void Begin(SegmentPlan plan, in PackedMembership membership)
    {
        Begin(plan);
        for (var index = Math.Min(membership.Words, plan.NumberWords) - 1; index >= 0; index--)
        {
            // The state may remember segments that this plan does not have.
            _in[index] = membership.Word(index) & plan.Numbered[index];
        }
    }

    public bool Has(Segment segment)
    {
        var bit = segment.Number - 1;
        return (_in[bit / 64] >> (bit % 64) & 1) != 0;
    }

    public void Set(Segment segment, bool isIn)
    {
        var bit = segment.Number - 1;
        ref var word = ref _in[bit / 64];
        word = isIn ? word | (1UL << (bit % 64)) : word & ~(1UL << (bit % 64));
        _isListed = false;
    }

    public override bool Contains(in CelValue value) =>
        value.Kind == CelKind.String && _plan is { } plan && plan.TryFind(value.AsString(), out var segment) && Has(segment);

    private void List()
    {
        _members.Clear();
        foreach (var segment in _plan?.Segments ?? [])
        {
            if (Has(segment))
            {
                _members.Add(segment);
            }
        }

        _isListed = true;
    }
}
