using System.Collections.Immutable;

namespace PmOrleans.Decisioning.Rules;

/// <summary>
/// A value of the rule language: a kind, eight bytes and a reference, so that numbers, booleans and times never touch the heap.
/// <c>default</c> is an error without a message.
/// </summary>
/// <remarks>
/// A timestamp is whole seconds since 1970 (year 1 to 9999, UTC) plus 0 to 999,999,999 nanoseconds. A duration is a signed count of
/// nanoseconds, so about ±292 years. <see cref="Equals(CelValue)"/> is CEL's equality, where 1, 1u and 1.0 are the same value, with one
/// exception made for hash tables: NaN equals itself. The language's own <c>==</c> is <see cref="CelComparison.AreEqual"/>.
/// </remarks>
public readonly struct CelValue : IEquatable<CelValue>
{
    private readonly CelKind _kind;
    private readonly int _nanos;
    private readonly long _bits;
    private readonly object? _reference;

    internal CelValue(CelKind kind, long bits, object? reference = null, int nanos = 0)
    {
        _kind = kind;
        _bits = bits;
        _reference = reference;
        _nanos = nanos;
    }

    public static CelValue Null => new(CelKind.Null, 0);

    public static CelValue True => new(CelKind.Bool, 1);

    public static CelValue False => new(CelKind.Bool, 0);

    public CelKind Kind => _kind;

    public bool IsError => _kind == CelKind.Error;

    /// <summary>The raw eight bytes; meaning depends on the kind, no check is made.</summary>
    internal long Bits => _bits;

    internal int Nanos => _nanos;

    internal object? Reference => _reference;

    /// <summary>The number as a double, for a value already known to be of kind Double.</summary>
    internal double Number => BitConverter.Int64BitsToDouble(_bits);

    public static CelValue Of(bool value) => new(CelKind.Bool, value ? 1 : 0);

    public static CelValue Of(long value) => new(CelKind.Int, value);

    public static CelValue Of(ulong value) => new(CelKind.Uint, unchecked((long)value));

    public static CelValue Of(double value) => new(CelKind.Double, BitConverter.DoubleToInt64Bits(value));

    public static CelValue Of(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return new(CelKind.String, 0, value);
    }

    public static CelValue Of(ReadOnlySpan<byte> value) => new(CelKind.Bytes, 0, value.ToArray());

    public static CelValue Of(DateTimeOffset value)
    {
        var sinceEpoch = value.UtcTicks - DateTime.UnixEpoch.Ticks;
        var seconds = Math.DivRem(sinceEpoch, TimeSpan.TicksPerSecond, out var ticks);
        if (ticks < 0)
        {
            seconds--;
            ticks += TimeSpan.TicksPerSecond;
        }

        return new(CelKind.Timestamp, seconds, null, (int)ticks * 100);
    }

    /// <exception cref="ArgumentOutOfRangeException">Longer than the ±292 years that nanoseconds in 64 bits can count.</exception>
    public static CelValue Of(TimeSpan value)
    {
        const long limit = long.MaxValue / 100;
        if (value.Ticks is > limit or < -limit)
            throw new ArgumentOutOfRangeException(nameof(value), value, "A duration spans at most 292 years.");
        return new(CelKind.Duration, value.Ticks * 100);
    }

    public static CelValue Of(CelList value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return new(CelKind.List, 0, value);
    }

    public static CelValue Of(CelMap value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return new(CelKind.Map, 0, value);
    }

    /// <summary>A list with a copy of these elements.</summary>
    public static CelValue ListOf(params ReadOnlySpan<CelValue> elements) => Of(new CelArrayList([.. elements]));

    /// <summary>A list of strings. Where rules ask a long list for members often, show the storage as a <see cref="CelList"/> of its own instead.</summary>
    public static CelValue ListOf(IEnumerable<string> elements) => Of(new CelArrayList([.. elements.Select(Of)]));

    /// <summary>A map with string keys.</summary>
    public static CelValue MapOf(IEnumerable<KeyValuePair<string, CelValue>> entries) =>
        Of(new CelDictionaryMap(entries.ToImmutableArray().Select(e => KeyValuePair.Create(Of(e.Key), e.Value))));

    /// <summary>An evaluation error. Errors travel through an expression like values and make a rule not hold.</summary>
    public static CelValue Error(string message) => new(CelKind.Error, 0, message);

    /// <summary>The value that <c>type(x)</c> gives: the name of a type.</summary>
    internal static CelValue TypeNamed(string name) => new(CelKind.Type, 0, name);

    internal static CelValue OfNanoseconds(long nanoseconds) => new(CelKind.Duration, nanoseconds);

    public bool AsBool() => Expect(CelKind.Bool)._bits != 0;

    public long AsInt() => Expect(CelKind.Int)._bits;

    public ulong AsUint() => unchecked((ulong)Expect(CelKind.Uint)._bits);

    public double AsDouble() => Expect(CelKind.Double).Number;

    public string AsString() => (string)Expect(CelKind.String)._reference!;

    public ReadOnlySpan<byte> AsBytes() => (byte[])Expect(CelKind.Bytes)._reference!;

    public CelList AsList() => (CelList)Expect(CelKind.List)._reference!;

    public CelMap AsMap() => (CelMap)Expect(CelKind.Map)._reference!;

    /// <summary>The instant, cut to .NET's 100 nanoseconds.</summary>
    public DateTimeOffset AsTimestamp() =>
        new(DateTime.UnixEpoch.Ticks + Expect(CelKind.Timestamp)._bits * TimeSpan.TicksPerSecond + _nanos / 100, TimeSpan.Zero);

    /// <summary>The span, cut to .NET's 100 nanoseconds.</summary>
    public TimeSpan AsDuration() => new(Expect(CelKind.Duration)._bits / 100);

    /// <summary>Why there is no value; only for kind Error.</summary>
    public string ErrorMessage => (string?)Expect(CelKind.Error)._reference ?? "no value";

    public bool Equals(CelValue other) =>
        CelComparison.AreEqual(in this, in other)
        || (_kind == CelKind.Double && other._kind == CelKind.Double && double.IsNaN(Number) && double.IsNaN(other.Number));

    public override bool Equals(object? obj) => obj is CelValue other && Equals(other);

    public override int GetHashCode() => CelComparison.HashOf(in this);

    public static bool operator ==(CelValue left, CelValue right) => left.Equals(right);

    public static bool operator !=(CelValue left, CelValue right) => !left.Equals(right);

    /// <summary>The value as a literal of the language; an error as <c>error("…")</c>.</summary>
    public override string ToString() => CelText.Of(in this);

    private CelValue Expect(CelKind kind) =>
        _kind == kind ? this : throw new InvalidOperationException($"The value is {_kind}, not {kind}.");
}
