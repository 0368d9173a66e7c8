namespace PmOrleans.Decisioning.Rules;

/// <summary>Arithmetic, where an overflow is an error and never a wrapped number.</summary>
internal static class RuleArithmetic
{
    public static CelValue Not(in CelValue value) => value.Kind == CelKind.Bool ? CelValue.Of(value.Bits == 0) : RuleFaults.NoOverload;

    public static CelValue Negate(in CelValue value) => value.Kind switch
    {
        CelKind.Int => value.Bits == long.MinValue ? RuleFaults.Overflow : CelValue.Of(-value.Bits),
        CelKind.Double => CelValue.Of(-value.Number),
        _ => RuleFaults.NoOverload,
    };

    public static CelValue Add(in CelValue left, in CelValue right)
    {
        switch (left.Kind, right.Kind)
        {
            case (CelKind.Int, CelKind.Int):
                var sum = unchecked(left.Bits + right.Bits);
                // The sum overflowed when its sign differs from both.
                return ((left.Bits ^ sum) & (right.Bits ^ sum)) < 0 ? RuleFaults.Overflow : CelValue.Of(sum);
            case (CelKind.Uint, CelKind.Uint):
                var unsigned = unchecked((ulong)left.Bits + (ulong)right.Bits);
                return unsigned < unchecked((ulong)left.Bits) ? RuleFaults.Overflow : CelValue.Of(unsigned);
            case (CelKind.Double, CelKind.Double):
                return CelValue.Of(left.Number + right.Number);
            case (CelKind.String, CelKind.String):
                return RuleTexts.Concat(left.AsString(), right.AsString());
            case (CelKind.Bytes, CelKind.Bytes):
                return RuleTexts.Concat(left.AsBytes(), right.AsBytes());
            case (CelKind.List, CelKind.List):
                return RuleCollections.Concat(left.AsList(), right.AsList());
            case (CelKind.Timestamp, CelKind.Duration):
                return CelTime.Add(in left, right.Bits);
            case (CelKind.Duration, CelKind.Timestamp):
                return CelTime.Add(in right, left.Bits);
            case (CelKind.Duration, CelKind.Duration):
                return CelTime.FromNanoseconds((Int128)left.Bits + right.Bits);
            default:
                return RuleFaults.NoOverload;
        }
    }

    public static CelValue Subtract(in CelValue left, in CelValue right)
    {
        switch (left.Kind, right.Kind)
        {
            case (CelKind.Int, CelKind.Int):
                var difference = unchecked(left.Bits - right.Bits);
                return ((left.Bits ^ right.Bits) & (left.Bits ^ difference)) < 0 ? RuleFaults.Overflow : CelValue.Of(difference);
            case (CelKind.Uint, CelKind.Uint):
                var (a, b) = unchecked(((ulong)left.Bits, (ulong)right.Bits));
                return a < b ? RuleFaults.Overflow : CelValue.Of(a - b);
            case (CelKind.Double, CelKind.Double):
                return CelValue.Of(left.Number - right.Number);
            case (CelKind.Timestamp, CelKind.Timestamp):
                return CelTime.Difference(in left, in right);
            case (CelKind.Timestamp, CelKind.Duration):
                return right.Bits == long.MinValue ? RuleFaults.Overflow : CelTime.Add(in left, -right.Bits);
            case (CelKind.Duration, CelKind.Duration):
                return CelTime.FromNanoseconds((Int128)left.Bits - right.Bits);
            default:
                return RuleFaults.NoOverload;
        }
    }

    public static CelValue Multiply(in CelValue left, in CelValue right)
    {
        switch (left.Kind, right.Kind)
        {
            case (CelKind.Int, CelKind.Int):
                var high = Math.BigMul(left.Bits, right.Bits, out var low);
                // It fits when the upper half is only the sign of the lower.
                return high == low >> 63 ? CelValue.Of(low) : RuleFaults.Overflow;
            case (CelKind.Uint, CelKind.Uint):
                var upper = Math.BigMul(unchecked((ulong)left.Bits), unchecked((ulong)right.Bits), out var lower);
                return upper == 0 ? CelValue.Of(lower) : RuleFaults.Overflow;
            case (CelKind.Double, CelKind.Double):
                return CelValue.Of(left.Number * right.Number);
            default:
                return RuleFaults.NoOverload;
        }
    }

    public static CelValue Divide(in CelValue left, in CelValue right)
    {
        switch (left.Kind, right.Kind)
        {
            case (CelKind.Int, CelKind.Int):
                if (right.Bits == 0)
                    return RuleFaults.DivisionByZero;
                return left.Bits == long.MinValue && right.Bits == -1 ? RuleFaults.Overflow : CelValue.Of(left.Bits / right.Bits);
            case (CelKind.Uint, CelKind.Uint):
                return right.Bits == 0 ? RuleFaults.DivisionByZero : CelValue.Of(unchecked((ulong)left.Bits / (ulong)right.Bits));
            case (CelKind.Double, CelKind.Double):
                return CelValue.Of(left.Number / right.Number);
            default:
                return RuleFaults.NoOverload;
        }
    }

    public static CelValue Remainder(in CelValue left, in CelValue right)
    {
        switch (left.Kind, right.Kind)
        {
            case (CelKind.Int, CelKind.Int):
                if (right.Bits == 0)
                    return RuleFaults.RemainderByZero;
                // The processor traps on MinValue % -1; the specification calls it an overflow.
                return left.Bits == long.MinValue && right.Bits == -1 ? RuleFaults.Overflow : CelValue.Of(left.Bits % right.Bits);
            case (CelKind.Uint, CelKind.Uint):
                return right.Bits == 0 ? RuleFaults.RemainderByZero : CelValue.Of(unchecked((ulong)left.Bits % (ulong)right.Bits));
            default:
                return RuleFaults.NoOverload;
        }
    }
}
