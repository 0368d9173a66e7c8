using System.Runtime.CompilerServices;

namespace PmOrleans.Decisioning.Rules;

/// <summary>Equality and order of the language over every pair of kinds.</summary>
public static class CelComparison
{
    /// <summary>The two values have no order: NaN, or kinds that do not compare.</summary>
    internal const int Unordered = 2;

    internal const int Incomparable = 3;

    // 2^63 and 2^64 as doubles: the first values beyond the integers.
    private const double BeyondInt = 9223372036854775808.0;
    private const double BeyondUint = 18446744073709551616.0;

    /// <summary>The language's <c>==</c>: numbers compare by mathematical value, values of unlike kinds differ, NaN equals nothing.</summary>
    public static bool AreEqual(in CelValue left, in CelValue right)
    {
        if (left.Kind != right.Kind)
            return IsNumber(left.Kind) && IsNumber(right.Kind) && CompareNumbers(in left, in right) == 0;

        return left.Kind switch
        {
            CelKind.Null => true,
            CelKind.Bool or CelKind.Int or CelKind.Uint or CelKind.Duration => left.Bits == right.Bits,
            CelKind.Double => left.Number == right.Number,
            CelKind.Timestamp => left.Bits == right.Bits && left.Nanos == right.Nanos,
            CelKind.String or CelKind.Type or CelKind.Error =>
                string.Equals(Unsafe.As<string>(left.Reference), Unsafe.As<string>(right.Reference)),
            CelKind.Bytes => left.AsBytes().SequenceEqual(right.AsBytes()),
            CelKind.List => ListsEqual(left.AsList(), right.AsList()),
            _ => MapsEqual(left.AsMap(), right.AsMap()),
        };
    }

    /// <summary>-1, 0 or 1; <see cref="Unordered"/> when NaN takes part; <see cref="Incomparable"/> when the kinds have no order.</summary>
    internal static int Compare(in CelValue left, in CelValue right)
    {
        if (IsNumber(left.Kind) && IsNumber(right.Kind))
            return CompareNumbers(in left, in right);
        if (left.Kind != right.Kind)
            return Incomparable;

        switch (left.Kind)
        {
            case CelKind.Bool or CelKind.Duration:
                return left.Bits.CompareTo(right.Bits);
            case CelKind.Timestamp:
                var seconds = left.Bits.CompareTo(right.Bits);
                return seconds != 0 ? seconds : left.Nanos.CompareTo(right.Nanos);
            case CelKind.String:
                return CompareByCodePoint((string)left.Reference!, (string)right.Reference!);
            case CelKind.Bytes:
                return Math.Sign(left.AsBytes().SequenceCompareTo(right.AsBytes()));
            default:
                return Incomparable;
        }
    }

    internal static bool IsNumber(CelKind kind) => kind is CelKind.Int or CelKind.Uint or CelKind.Double;

    /// <summary>Equal values have equal hashes across the numeric kinds, because all numbers hash as the double nearest to them.</summary>
    internal static int HashOf(in CelValue value)
    {
        switch (value.Kind)
        {
            case CelKind.Int:
                return ((double)value.Bits).GetHashCode();
            case CelKind.Uint:
                return ((double)unchecked((ulong)value.Bits)).GetHashCode();
            case CelKind.Double:
                // + 0.0 turns -0.0 into 0.0.
                return double.IsNaN(value.Number) ? 0x7ff8 : (value.Number + 0.0).GetHashCode();
            case CelKind.String or CelKind.Type or CelKind.Error:
                return ((string?)value.Reference)?.GetHashCode(StringComparison.Ordinal) ?? 0;
            case CelKind.Bytes:
                var hash = default(HashCode);
                hash.AddBytes(value.AsBytes());
                return hash.ToHashCode();
            case CelKind.List:
                return value.AsList().Count;
            case CelKind.Map:
                return ~value.AsMap().Count;
            default:
                return HashCode.Combine(value.Kind, value.Bits, value.Nanos);
        }
    }

    private static int CompareNumbers(in CelValue left, in CelValue right) => (left.Kind, right.Kind) switch
    {
        (CelKind.Int, CelKind.Int) => left.Bits.CompareTo(right.Bits),
        (CelKind.Uint, CelKind.Uint) => unchecked((ulong)left.Bits).CompareTo(unchecked((ulong)right.Bits)),
        (CelKind.Int, CelKind.Uint) => left.Bits < 0 ? -1 : unchecked((ulong)left.Bits).CompareTo(unchecked((ulong)right.Bits)),
        (CelKind.Uint, CelKind.Int) => right.Bits < 0 ? 1 : unchecked((ulong)left.Bits).CompareTo(unchecked((ulong)right.Bits)),
        (CelKind.Double, CelKind.Double) => CompareDoubles(left.Number, right.Number),
        (CelKind.Int, _) => CompareIntToDouble(left.Bits, right.Number),
        (CelKind.Uint, _) => CompareUintToDouble(unchecked((ulong)left.Bits), right.Number),
        (_, CelKind.Int) => Reverse(CompareIntToDouble(right.Bits, left.Number)),
        _ => Reverse(CompareUintToDouble(unchecked((ulong)right.Bits), left.Number)),
    };

    private static int Reverse(int order) => order == Unordered ? Unordered : -order;

    private static int CompareDoubles(double left, double right) =>
        left < right ? -1 : left > right ? 1 : left == right ? 0 : Unordered;

    // Exact for every pair: converting the integer to double first would lose its low bits.
    private static int CompareIntToDouble(long left, double right)
    {
        if (double.IsNaN(right))
            return Unordered;
        if (right < -BeyondInt)
            return 1;
        if (right >= BeyondInt)
            return -1;
        var whole = (long)right;
        return left != whole ? left.CompareTo(whole) : CompareDoubles(0, right - whole);
    }

    private static int CompareUintToDouble(ulong left, double right)
    {
        if (double.IsNaN(right))
            return Unordered;
        if (right < 0)
            return 1;
        if (right >= BeyondUint)
            return -1;
        var whole = (ulong)right;
        return left != whole ? left.CompareTo(whole) : CompareDoubles(0, right - whole);
    }

    // UTF-16 order differs from code point order only where a surrogate meets U+E000..U+FFFF.
    private static int CompareByCodePoint(string left, string right)
    {
        var length = Math.Min(left.Length, right.Length);
        var i = left.AsSpan(0, length).CommonPrefixLength(right.AsSpan(0, length));
        if (i == length)
            return left.Length.CompareTo(right.Length);
        var (a, b) = (left[i], right[i]);
        var (aHigh, bHigh) = (char.IsSurrogate(a), char.IsSurrogate(b));
        return aHigh == bHigh ? (a < b ? -1 : 1) : aHigh ? 1 : -1;
    }

    private static bool ListsEqual(CelList left, CelList right)
    {
        if (left.Count != right.Count)
            return false;
        for (var i = 0; i < left.Count; i++)
        {
            if (!AreEqual(left[i], right[i]))
                return false;
        }

        return true;
    }

    private static bool MapsEqual(CelMap left, CelMap right)
    {
        if (left.Count != right.Count)
            return false;
        for (var i = 0; i < left.Count; i++)
        {
            var key = left.KeyAt(i);
            if (!right.TryGet(in key, out var other) || !left.TryGet(in key, out var own) || !AreEqual(in own, in other))
                return false;
        }

        return true;
    }
}
