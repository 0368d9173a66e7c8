using System.Globalization;

namespace PmOrleans.Decisioning.Catalog.Sources;

/// <summary>Finds a character of a value in the file it was written in, through quotes, escapes, indentation and folded lines.</summary>
/// <remarks>
/// Walks value and raw text side by side. A run of white space with a line break in it stands for whatever white space the value has
/// there, so no rule of folding need be known; places of other characters are exact.
/// </remarks>
internal static class ScalarPlaces
{
    public static int InFile(SourceScalar scalar, int index)
    {
        var raw = scalar.File.Text.AsSpan(0, Math.Min(scalar.End, scalar.File.Text.Length));
        var value = scalar.Text;
        var r = Start(raw, scalar);
        var v = 0;
        while (v < index && r < raw.Length)
        {
            var blanks = Blanks(raw[r..], out var breaks);
            if (breaks)
            {
                var run = Blanks(value.AsSpan(v), out _);
                // inside the run nothing is known but its ends; a place in it is that of what follows
                if (v + run >= index && v + run < value.Length)
                    return r + blanks;
                r += blanks;
                v += run;
            }
            else
            {
                var (consumed, produced) = Step(raw[r..], scalar.Style);
                r += consumed;
                v += produced;
            }
        }

        // the end of a line of the value sits before the line break, not behind the next line's indentation
        if (index < value.Length && Blanks(raw[Math.Min(r, raw.Length)..], out var more) is var skip && more && !char.IsWhiteSpace(value[index]))
            r += skip;
        return Math.Min(r, raw.Length);
    }

    private static int Start(ReadOnlySpan<char> raw, SourceScalar scalar)
    {
        var r = Math.Min(scalar.Offset, raw.Length);
        // an anchor or tag comes before the value and belongs to the node
        while (r < raw.Length && raw[r] is '&' or '!')
        {
            while (r < raw.Length && !char.IsWhiteSpace(raw[r]))
                r++;
            r += Blanks(raw[r..], out _);
        }

        switch (scalar.Style)
        {
            case ScalarStyle.SingleQuoted or ScalarStyle.DoubleQuoted:
                return Math.Min(r + 1, raw.Length);
            case ScalarStyle.Literal or ScalarStyle.Folded:
                var line = raw[r..].IndexOf('\n');
                r = line < 0 ? raw.Length : r + line + 1;
                var indent = Blanks(raw[r..], out _);
                var own = Blanks(scalar.Text, out _);
                return r + Math.Max(0, indent - own);
            default:
                return r;
        }
    }

    private static (int Consumed, int Produced) Step(ReadOnlySpan<char> raw, ScalarStyle style) => style switch
    {
        ScalarStyle.SingleQuoted when raw.StartsWith("''") => (2, 1),
        ScalarStyle.DoubleQuoted when raw[0] == '\\' && raw.Length > 1 => raw[1] switch
        {
            'x' => (Math.Min(4, raw.Length), 1),
            'u' => (Math.Min(6, raw.Length), 1),
            'U' => (Math.Min(10, raw.Length), IsAstral(raw) ? 2 : 1),
            '\n' => (2 + Blanks(raw[2..], out _), 0),
            _ => (2, 1),
        },
        _ => (1, 1),
    };

    private static bool IsAstral(ReadOnlySpan<char> raw) =>
        raw.Length >= 10 && int.TryParse(raw[2..10], NumberStyles.HexNumber, null, out var code) && code > 0xFFFF;

    private static int Blanks(ReadOnlySpan<char> text, out bool breaks)
    {
        var length = 0;
        breaks = false;
        while (length < text.Length && text[length] is ' ' or '\t' or '\n' or '\r')
            breaks |= text[length++] == '\n';
        return length;
    }
}
