using System.Globalization;
using System.Text;

namespace PmOrleans.Decisioning.Rules;

/// <summary>Conversions between types. What does not fit is an error, except the fraction of a double, which is cut off.</summary>
internal static class RuleConversions
{
    private const double BeyondInt = 9223372036854775808.0;
    private const double BeyondUint = 18446744073709551616.0;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static CelValue Same(in CelValue value) => value;

    public static CelValue ToInt(in CelValue value) => value.Kind switch
    {
        CelKind.Int => value,
        CelKind.Uint => value.Bits < 0 ? RuleFaults.OutOfRange : CelValue.Of(value.Bits),
        // -2^63 itself is refused: as a double it may stand for a smaller number.
        CelKind.Double => value.Number is > -BeyondInt and < BeyondInt ? CelValue.Of((long)value.Number) : RuleFaults.OutOfRange,
        CelKind.String => long.TryParse(value.AsString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? CelValue.Of(number)
            : RuleFaults.BadConversion,
        CelKind.Timestamp => CelValue.Of(value.Bits),
        _ => RuleFaults.NoOverload,
    };

    public static CelValue ToUint(in CelValue value) => value.Kind switch
    {
        CelKind.Uint => value,
        CelKind.Int => value.Bits < 0 ? RuleFaults.OutOfRange : CelValue.Of((ulong)value.Bits),
        CelKind.Double => value.Number is > -1 and < BeyondUint ? CelValue.Of((ulong)value.Number) : RuleFaults.OutOfRange,
        CelKind.String => ulong.TryParse(value.AsString(), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? CelValue.Of(number)
            : RuleFaults.BadConversion,
        _ => RuleFaults.NoOverload,
    };

    public static CelValue ToDouble(in CelValue value) => value.Kind switch
    {
        CelKind.Double => value,
        CelKind.Int => CelValue.Of((double)value.Bits),
        CelKind.Uint => CelValue.Of((double)value.AsUint()),
        CelKind.String => ParseDouble(value.AsString()),
        _ => RuleFaults.NoOverload,
    };

    public static CelValue ToBool(in CelValue value) => value.Kind switch
    {
        CelKind.Bool => value,
        CelKind.String => value.AsString() switch
        {
            "1" or "t" or "T" or "true" or "TRUE" or "True" => CelValue.True,
            "0" or "f" or "F" or "false" or "FALSE" or "False" => CelValue.False,
            _ => RuleFaults.BadConversion,
        },
        _ => RuleFaults.NoOverload,
    };

    public static CelValue ToText(in CelValue value) => value.Kind switch
    {
        CelKind.String => value,
        CelKind.Bool => CelValue.Of(value.Bits != 0 ? "true" : "false"),
        CelKind.Int => CelValue.Of(value.Bits.ToString(CultureInfo.InvariantCulture)),
        CelKind.Uint => CelValue.Of(value.AsUint().ToString(CultureInfo.InvariantCulture)),
        CelKind.Double => CelValue.Of(CelText.OfDouble(value.Number)),
        CelKind.Bytes => DecodeUtf8(value.AsBytes()),
        CelKind.Timestamp => CelValue.Of(CelTime.Format(in value)),
        CelKind.Duration => CelValue.Of(CelTime.FormatDuration(value.Bits)),
        _ => RuleFaults.NoOverload,
    };

    public static CelValue ToBytes(in CelValue value) => value.Kind switch
    {
        CelKind.Bytes => value,
        CelKind.String => new CelValue(CelKind.Bytes, 0, Encoding.UTF8.GetBytes(value.AsString())),
        _ => RuleFaults.NoOverload,
    };

    public static CelValue ToTimestamp(in CelValue value) => value.Kind switch
    {
        CelKind.Timestamp => value,
        CelKind.String => CelTime.Parse(value.AsString()),
        CelKind.Int => CelTime.FromSeconds(value.Bits),
        _ => RuleFaults.NoOverload,
    };

    public static CelValue ToDuration(in CelValue value) => value.Kind switch
    {
        CelKind.Duration => value,
        CelKind.String => CelTime.ParseDuration(value.AsString()),
        _ => RuleFaults.NoOverload,
    };

    public static CelValue TypeOf(in CelValue value) => value.Kind switch
    {
        CelKind.Null => NameOf(CelType.Null),
        CelKind.Bool => NameOf(CelType.Bool),
        CelKind.Int => NameOf(CelType.Int),
        CelKind.Uint => NameOf(CelType.Uint),
        CelKind.Double => NameOf(CelType.Double),
        CelKind.String => NameOf(CelType.String),
        CelKind.Bytes => NameOf(CelType.Bytes),
        CelKind.Timestamp => NameOf(CelType.Timestamp),
        CelKind.Duration => NameOf(CelType.Duration),
        CelKind.List => CelValue.TypeNamed("list"),
        CelKind.Map => CelValue.TypeNamed("map"),
        _ => CelValue.TypeNamed("type"),
    };

    /// <summary>The value that names a type.</summary>
    public static CelValue NameOf(CelType type) => CelValue.TypeNamed(type.Kind switch
    {
        CelTypeKind.Timestamp => "google.protobuf.Timestamp",
        CelTypeKind.Duration => "google.protobuf.Duration",
        _ => type.Name,
    });

    private static CelValue ParseDouble(string text) => text switch
    {
        "NaN" => CelValue.Of(double.NaN),
        "Inf" or "+Inf" or "Infinity" or "+Infinity" => CelValue.Of(double.PositiveInfinity),
        "-Inf" or "-Infinity" => CelValue.Of(double.NegativeInfinity),
        _ => double.TryParse(
            text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture,
            out var number)
            ? CelValue.Of(number)
            : RuleFaults.BadConversion,
    };

    private static CelValue DecodeUtf8(ReadOnlySpan<byte> octets)
    {
        try
        {
            return CelValue.Of(StrictUtf8.GetString(octets));
        }
        catch (DecoderFallbackException)
        {
            return CelValue.Error("invalid UTF-8");
        }
    }
}
