namespace PmOrleans.Decisioning.Rules;

/// <summary>Equality, membership, indexing and size.</summary>
internal static class RuleCollections
{
    public static CelValue AreEqual(in CelValue left, in CelValue right) => CelValue.Of(CelComparison.AreEqual(in left, in right));

    public static CelValue AreNotEqual(in CelValue left, in CelValue right) => CelValue.Of(!CelComparison.AreEqual(in left, in right));

    public static CelValue In(in CelValue element, in CelValue collection) => collection.Kind switch
    {
        CelKind.List => CelValue.Of(collection.AsList().Contains(in element)),
        CelKind.Map => CelValue.Of(collection.AsMap().TryGet(in element, out _)),
        _ => RuleFaults.NoOverload,
    };

    public static CelValue At(in CelValue collection, in CelValue key)
    {
        switch (collection.Kind)
        {
            case CelKind.List:
                if (!TryIndex(in key, out var index))
                    return CelComparison.IsNumber(key.Kind) ? RuleFaults.OutOfBounds : RuleFaults.NoOverload;
                var list = collection.AsList();
                return index >= 0 && index < list.Count ? list[(int)index] : RuleFaults.OutOfBounds;
            case CelKind.Map:
                return collection.AsMap().TryGet(in key, out var value) ? value : RuleFaults.NoSuchKey;
            default:
                return RuleFaults.NoOverload;
        }
    }

    public static CelValue Size(in CelValue value) => value.Kind switch
    {
        CelKind.String => CelValue.Of((long)RuleTexts.CodePoints(value.AsString())),
        CelKind.Bytes => CelValue.Of((long)value.AsBytes().Length),
        CelKind.List => CelValue.Of((long)value.AsList().Count),
        CelKind.Map => CelValue.Of((long)value.AsMap().Count),
        _ => RuleFaults.NoOverload,
    };

    public static CelValue Concat(CelList left, CelList right)
    {
        if (left.Count == 0)
            return CelValue.Of(right);
        if (right.Count == 0)
            return CelValue.Of(left);
        if (left.Count + (long)right.Count > RuleLimits.MaxResultLength)
            return RuleFaults.TooLarge;
        var elements = new CelValue[left.Count + right.Count];
        for (var i = 0; i < elements.Length; i++)
            elements[i] = i < left.Count ? left[i] : right[i - left.Count];
        return CelValue.Of(new CelArrayList(elements));
    }

    // An index known only at run time may be any number that is whole.
    private static bool TryIndex(in CelValue key, out long index)
    {
        index = key.Bits;
        switch (key.Kind)
        {
            case CelKind.Int:
                return true;
            case CelKind.Uint:
                return index >= 0;
            case CelKind.Double:
                index = key.Number is >= 0 and < int.MaxValue ? (long)key.Number : -1;
                return index == key.Number;
            default:
                return false;
        }
    }
}
