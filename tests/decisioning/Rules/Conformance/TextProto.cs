using System.Globalization;
using System.Text;

namespace PmOrleans.Decisioning.Tests.Rules.Conformance;

/// <summary>A message of protocol buffer text format, read without a schema: field name to values, each a string of digits or words, bytes, or a message.</summary>
internal sealed class TextProto
{
    private readonly List<(string Name, object Value)> _fields = [];

    public IEnumerable<TextProto> Messages(string name) => _fields.Where(f => f.Name == name).Select(f => f.Value).OfType<TextProto>();

    public TextProto? Message(string name) => Messages(name).FirstOrDefault();

    public bool Has(string name) => _fields.Exists(f => f.Name == name);

    /// <summary>A number, an enum or true/false as written.</summary>
    public string? Word(string name) => _fields.Where(f => f.Name == name).Select(f => f.Value).OfType<string>().FirstOrDefault();

    public byte[]? Octets(string name) => _fields.Where(f => f.Name == name).Select(f => f.Value).OfType<byte[]>().FirstOrDefault();

    public string? Text(string name) => Octets(name) is { } octets ? Encoding.UTF8.GetString(octets) : null;

    /// <summary>The one field that is set, for messages that are a choice.</summary>
    public string? Choice => _fields.Count == 0 ? null : _fields[0].Name;

    public static TextProto Parse(string text)
    {
        var at = 0;
        var message = ParseFields(text, ref at, '\0');
        Skip(text, ref at);
        return at == text.Length ? message : throw new FormatException($"Unread text at {at}.");
    }

    private static TextProto ParseFields(string text, ref int at, char close)
    {
        var message = new TextProto();
        while (true)
        {
            Skip(text, ref at);
            if (at == text.Length && close == '\0')
                return message;
            if (text[at] == close)
            {
                at++;
                return message;
            }

            if (text[at] is ',' or ';')
            {
                at++;
                continue;
            }

            var name = Name(text, ref at);
            Skip(text, ref at);
            if (text[at] == ':')
                at++;
            Skip(text, ref at);
            if (text[at] != '[')
            {
                message._fields.Add((name, Value(text, ref at)));
                continue;
            }

            at++;
            for (Skip(text, ref at); text[at] != ']'; Skip(text, ref at))
            {
                if (text[at] == ',')
                    at++;
                else
                    message._fields.Add((name, Value(text, ref at)));
            }

            at++;
        }
    }

    private static string Name(string text, ref int at)
    {
        var start = at;
        if (text[at] == '[')
        {
            at = text.IndexOf(']', at) + 1;
            return text[start..at];
        }

        while (char.IsAsciiLetterOrDigit(text[at]) || text[at] == '_')
            at++;
        return at > start ? text[start..at] : throw new FormatException($"A field name was expected at {at}: {text.Substring(at, 20)}");
    }

    private static object Value(string text, ref int at)
    {
        if (text[at] is '{' or '<')
            return ParseFields(text, ref at, text[at++] == '{' ? '}' : '>');
        if (text[at] is not ('"' or '\''))
        {
            var start = at;
            while (at < text.Length && !char.IsWhiteSpace(text[at]) && text[at] is not ('}' or ']' or ',' or ';' or '>' or '#'))
                at++;
            return text[start..at];
        }

        var octets = new List<byte>();
        while (at < text.Length && text[at] is '"' or '\'')
        {
            Quoted(text, ref at, octets);
            Skip(text, ref at);
        }

        return octets.ToArray();
    }

    private static void Quoted(string text, ref int at, List<byte> octets)
    {
        var quote = text[at++];
        while (text[at] != quote)
        {
            if (text[at] != '\\')
            {
                Rune.DecodeFromUtf16(text.AsSpan(at), out var rune, out var length);
                octets.AddRange(Encoding.UTF8.GetBytes(rune.ToString()));
                at += length;
                continue;
            }

            at++;
            var c = text[at++];
            switch (c)
            {
                case >= '0' and <= '7':
                    var code = c - '0';
                    for (var digits = 1; digits < 3 && text[at] is >= '0' and <= '7'; digits++)
                        code = code * 8 + (text[at++] - '0');
                    octets.Add((byte)code);
                    break;
                case 'x' or 'X':
                    var hex = at;
                    while (at < hex + 2 && char.IsAsciiHexDigit(text[at]))
                        at++;
                    octets.Add(byte.Parse(text.AsSpan(hex, at - hex), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
                    break;
                case 'u' or 'U':
                    var width = c == 'u' ? 4 : 8;
                    var point = int.Parse(text.AsSpan(at, width), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
                    octets.AddRange(Encoding.UTF8.GetBytes(new Rune(point).ToString()));
                    at += width;
                    break;
                default:
                    octets.Add((byte)(c switch { 'n' => '\n', 't' => '\t', 'r' => '\r', 'a' => '\a', 'b' => '\b', 'f' => '\f', 'v' => '\v', _ => c }));
                    break;
            }
        }

        at++;
    }

    private static void Skip(string text, ref int at)
    {
        while (at < text.Length)
        {
            if (text[at] == '#')
                at = text.IndexOf('\n', at) is var end and >= 0 ? end : text.Length;
            else if (char.IsWhiteSpace(text[at]))
                at++;
            else
                return;
        }
    }
}
