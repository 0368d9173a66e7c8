using System.Runtime.CompilerServices;

namespace PmOrleans.Decisioning.Rules;

/// <summary>Equality and order of the language over every pair of kinds.</summary>
public static class CelComparison
{
    /// <summary>The two values have no order: NaN, or kinds that do not compare.</summary>
    internal const int Unordered = 2;

    internal const int Incomparable = 3;

    /// <summary>The language's <c>==</c>: numbers compare by value across their kinds, values of unlike kinds differ, NaN equals nothing.</summary>
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
            case CelKind.Uint:
            case CelKind.Double:
                // + 0.0 turns -0.0 into 0.0.
                var number = NearestDouble(in value);
                return double.IsNaN(number) ? 0x7ff8 : (number + 0.0).GetHashCode();
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
        // The conformance cases ask for the integer as the double nearest to it, so 2^63 - 1 and 2^63 as a double are equal.
        _ => CompareDoubles(NearestDouble(in left), NearestDouble(in right)),
    };

    private static double NearestDouble(in CelValue number) => number.Kind switch
    {
        CelKind.Int => number.Bits,
        CelKind.Uint => unchecked((ulong)number.Bits),
        _ => number.Number,
    };

    private static int CompareDoubles(double left, double right) =>
        left < right ? -1 : left > right ? 1 : left == right ? 0 : Unordered;

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
