using System.Globalization;
using System.Text;

namespace PmOrleans.Decisioning.Rules;

/// <summary>Values as the language writes them.</summary>
internal static class CelText
{
    public static string Of(in CelValue value)
    {
        var text = new StringBuilder();
        Append(text, in value);
        return text.ToString();
    }

    public static void Append(StringBuilder text, in CelValue value)
    {
        switch (value.Kind)
        {
            case CelKind.Error:
                text.Append("error(");
                AppendQuoted(text, value.ErrorMessage);
                text.Append(')');
                break;
            case CelKind.Null:
                text.Append("null");
                break;
            case CelKind.Bool:
                text.Append(value.Bits != 0 ? "true" : "false");
                break;
            case CelKind.Int:
                text.Append(value.Bits);
                break;
            case CelKind.Uint:
                text.Append(value.AsUint()).Append('u');
                break;
            case CelKind.Double:
                AppendDouble(text, value.Number);
                break;
            case CelKind.String:
                AppendQuoted(text, value.AsString());
                break;
            case CelKind.Bytes:
                AppendBytes(text, value.AsBytes());
                break;
            case CelKind.List:
                AppendList(text, value.AsList());
                break;
            case CelKind.Map:
                AppendMap(text, value.AsMap());
                break;
            case CelKind.Timestamp:
                text.Append("timestamp('").Append(CelTime.Format(in value)).Append("')");
                break;
            case CelKind.Duration:
                text.Append("duration('").Append(CelTime.FormatDuration(value.Bits)).Append("')");
                break;
            default:
                text.Append((string)value.Reference!);
                break;
        }
    }

    /// <summary>The shortest digits that read back as the same double, as <c>string(double)</c> gives them.</summary>
    public static string OfDouble(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        _ => value.ToString("R", CultureInfo.InvariantCulture).Replace("E", "e", StringComparison.Ordinal),
    };

    private static void AppendDouble(StringBuilder text, double value)
    {
        var digits = OfDouble(value);
        if (!double.IsFinite(value))
        {
            text.Append("double('").Append(digits).Append("')");
            return;
        }

        text.Append(digits);
        // 2 would read back as an int.
        if (digits.AsSpan().IndexOfAny('.', 'e') < 0)
            text.Append(".0");
    }

    private static void AppendQuoted(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (var c in value)
        {
            if (c is '"' or '\\')
                text.Append('\\').Append(c);
            else if (c < ' ')
                text.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
            else
                text.Append(c);
        }

        text.Append('"');
    }

    private static void AppendBytes(StringBuilder text, ReadOnlySpan<byte> value)
    {
        text.Append("b\"");
        foreach (var octet in value)
            text.Append("\\x").Append(octet.ToString("x2", CultureInfo.InvariantCulture));
        text.Append('"');
    }

    private static void AppendList(StringBuilder text, CelList list)
    {
        text.Append('[');
        for (var i = 0; i < list.Count; i++)
        {
            if (i > 0)
                text.Append(", ");
            Append(text, list[i]);
        }

        text.Append(']');
    }

    private static void AppendMap(StringBuilder text, CelMap map)
    {
        text.Append('{');
        for (var i = 0; i < map.Count; i++)
        {
            if (i > 0)
                text.Append(", ");
            var key = map.KeyAt(i);
            Append(text, in key);
            text.Append(": ");
            map.TryGet(in key, out var value);
            Append(text, in value);
        }

        text.Append('}');
    }
}
