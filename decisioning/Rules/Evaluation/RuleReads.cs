using System.Collections.Immutable;

namespace PmOrleans.Decisioning.Rules;

/// <summary>Notes while a rule is built how it uses its slots.</summary>
internal sealed class RuleReads
{
    private readonly SortedDictionary<int, Use> _slotToUse = [];

    public int[] Slots => [.. _slotToUse.Keys];

    /// <summary>A value was read; for what, shows later.</summary>
    public void Read(int slot) => Of(slot).Unexplained++;

    /// <summary>Only asked whether it is there.</summary>
    public void Tested(int slot) => Of(slot);

    /// <summary>The operands of a comparison: a slot on one side and a constant on the other explains a read.</summary>
    public void Compared(RuleNode left, RuleNode right)
    {
        if (left is ConstantNode)
            (left, right) = (right, left);
        if (left is SlotNode slot && right is ConstantNode constant)
        {
            var use = Of(slot.Slot.Index);
            use.Unexplained--;
            use.Constants.Add(constant.Value);
        }
    }

    public ImmutableArray<RuleRead> ToImmutable() =>
        [.. _slotToUse.Select(entry => new RuleRead(entry.Key, [.. entry.Value.Constants], entry.Value.Unexplained == 0))];

    private Use Of(int slot)
    {
        if (!_slotToUse.TryGetValue(slot, out var use))
            _slotToUse.Add(slot, use = new Use());
        return use;
    }

    private sealed class Use
    {
        public List<CelValue> Constants { get; } = [];

        public int Unexplained { get; set; }
    }
}
