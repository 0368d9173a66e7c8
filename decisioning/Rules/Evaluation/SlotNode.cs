namespace PmOrleans.Decisioning.Rules;

/// <summary>Reads a slot and holds it to its declared type, so that all nodes above may rely on it.</summary>
internal sealed class SlotNode : RuleNode
{
    /// <summary>Beyond ±2^53 a widened integer would no longer be the same number.</summary>
    public const long ExactInDouble = 1L << 53;

    private readonly CelKind _kind;
    private readonly bool _any;

    public SlotNode(RuleSlot slot)
    {
        Slot = slot;
        _any = slot.Type.IsDyn;
        _kind = slot.Type.Kind switch
        {
            CelTypeKind.Null => CelKind.Null,
            CelTypeKind.Bool => CelKind.Bool,
            CelTypeKind.Int => CelKind.Int,
            CelTypeKind.Uint => CelKind.Uint,
            CelTypeKind.Double => CelKind.Double,
            CelTypeKind.String => CelKind.String,
            CelTypeKind.Bytes => CelKind.Bytes,
            CelTypeKind.List => CelKind.List,
            CelTypeKind.Map => CelKind.Map,
            CelTypeKind.Timestamp => CelKind.Timestamp,
            CelTypeKind.Duration => CelKind.Duration,
            _ => CelKind.Type,
        };
    }

    public RuleSlot Slot { get; }

    /// <summary>The kind that <see cref="Evaluate"/> gives when it gives no error; meaningless for dyn.</summary>
    public CelKind Kind => _any ? CelKind.Error : _kind;

    public override CelValue Evaluate(ref RuleFrame frame)
    {
        if (!frame.Input.TryGet(Slot.Index, out var value))
            return Slot.Absent;
        return value.Kind == _kind || _any ? value : Coerce(in value);
    }

    public override RuleOutcome Test(ref RuleFrame frame)
    {
        if (!frame.Input.TryGet(Slot.Index, out var value) || value.Kind != CelKind.Bool || !(_any || _kind == CelKind.Bool))
            return RuleOutcome.Error;
        return value.Bits != 0 ? RuleOutcome.True : RuleOutcome.False;
    }

    // Stores write 59.0 as 59; a whole number in a decimal field is not worth an error.
    private CelValue Coerce(in CelValue value) =>
        _kind == CelKind.Double && value.Kind == CelKind.Int && value.Bits is >= -ExactInDouble and <= ExactInDouble
            ? CelValue.Of((double)value.Bits)
            : value.IsError ? value : Slot.OfWrongKind;
}

/// <summary><c>has(…)</c> on a slot.</summary>
internal sealed class HasSlotNode(RuleSlot slot) : RuleNode
{
    public override CelValue Evaluate(ref RuleFrame frame) => CelValue.Of(frame.Input.TryGet(slot.Index, out _));

    public override RuleOutcome Test(ref RuleFrame frame) =>
        frame.Input.TryGet(slot.Index, out _) ? RuleOutcome.True : RuleOutcome.False;
}
