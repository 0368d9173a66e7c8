using System.Globalization;
using System.Text;

namespace PmOrleans.Decisioning.Rules;

/// <summary>Decodes the inside of a string or bytes literal.</summary>
internal static class RuleStringLiteral
{
    /// <param name="body">What stands between the quotes.</param>
    /// <param name="offset">Where the body starts in the source, for errors.</param>
    /// <param name="raw">Escapes stay as written.</param>
    /// <param name="bytes">The result is the UTF-8 of the text; numeric escapes are octets.</param>
    /// <param name="errors">Receives each bad escape.</param>
    public static CelValue Decode(ReadOnlySpan<char> body, int offset, bool raw, bool bytes, RuleErrors errors)
    {
        // A literal may hold each kind of line end; the language reads them all as one newline.
        var result = new List<byte>(body.Length);
        Span<byte> utf8 = stackalloc byte[4];
        for (var i = 0; i < body.Length;)
        {
            if (body[i] == '\\' && !raw)
            {
                var used = Escape(body[i..], bytes, out var code, out var octet);
                if (used == 0)
                {
                    errors.Add(offset + i, "This \\ starts no escape sequence of the language.", "write \\\\ for a backslash, or r'…' for raw text");
                    used = Math.Min(2, body.Length - i);
                    code = '?';
                }

                if (octet)
                    result.Add((byte)code);
                else
                    Append(new Rune(code), utf8);
                i += used;
            }
            else if (Rune.DecodeFromUtf16(body[i..], out var rune, out var length) == System.Buffers.OperationStatus.Done)
            {
                Append(rune, utf8);
                i += length;
            }
            else
            {
                errors.Add(offset + i, "This text has half a character (a lone surrogate).");
                i++;
            }
        }

        var octets = result.ToArray();
        return bytes ? new CelValue(CelKind.Bytes, 0, octets) : CelValue.Of(Encoding.UTF8.GetString(octets));

        void Append(Rune rune, Span<byte> buffer) => result.AddRange(buffer[..rune.EncodeToUtf8(buffer)]);
    }

    /// <summary>Characters used by the escape sequence at the start, 0 when it is none.</summary>
    private static int Escape(ReadOnlySpan<char> text, bool bytes, out int code, out bool octet)
    {
        code = 0;
        octet = false;
        if (text.Length < 2)
            return 0;
        switch (text[1])
        {
            case '\\' or '?' or '"' or '\'' or '`':
                code = text[1];
                return 2;
            case 'a':
                code = 7;
                return 2;
            case 'b':
                code = 8;
                return 2;
            case 'f':
                code = 12;
                return 2;
            case 'n':
                code = 10;
                return 2;
            case 'r':
                code = 13;
                return 2;
            case 't':
                code = 9;
                return 2;
            case 'v':
                code = 11;
                return 2;
            case 'x' or 'X':
                octet = bytes;
                return Hex(text, 2, out code);
            case 'u' when !bytes:
                return Hex(text, 4, out code);
            case 'U' when !bytes:
                return Hex(text, 8, out code);
            case >= '0' and <= '3' when text.Length >= 4 && text[2] is >= '0' and <= '7' && text[3] is >= '0' and <= '7':
                octet = bytes;
                code = (text[1] - '0') * 64 + (text[2] - '0') * 8 + (text[3] - '0');
                return 4;
            default:
                return 0;
        }
    }

    private static int Hex(ReadOnlySpan<char> text, int digits, out int code)
    {
        code = 0;
        return text.Length >= 2 + digits
            && int.TryParse(text.Slice(2, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out code)
            && Rune.IsValid(code)
                ? 2 + digits
                : 0;
    }
}
