namespace PmOrleans.Decisioning.Rules;

/// <summary>Cuts a source into tokens. A bad character or literal is reported and skipped, so that all of them are told at once.</summary>
internal sealed class RuleLexer(string source, RuleErrors errors)
{
    // A token takes some four characters.
    private readonly List<RuleToken> _tokens = new(4 + source.Length / 4);
    private int _at;

    public List<RuleToken> Run()
    {
        while (SkipBlanks())
            Next();
        _tokens.Add(new RuleToken(RuleTokenKind.End, source.Length, "end of the rule"));
        return _tokens;
    }

    private bool SkipBlanks()
    {
        while (_at < source.Length)
        {
            if (source[_at] is ' ' or '\t' or '\n' or '\r' or '\f')
            {
                _at++;
            }
            else if (source.AsSpan(_at).StartsWith("//"))
            {
                var end = source.IndexOf('\n', _at);
                _at = end < 0 ? source.Length : end + 1;
            }
            else
            {
                return true;
            }
        }

        return false;
    }

    private void Next()
    {
        var c = source[_at];
        if (StartsString(out var prefix))
            ReadString(prefix);
        else if (RuleWords.IsStart(c))
            ReadName();
        else if (char.IsAsciiDigit(c) || (c == '.' && _at + 1 < source.Length && char.IsAsciiDigit(source[_at + 1])))
            ReadNumber();
        else if (c == '`')
            ReadQuotedName();
        else
            ReadSymbol();
    }

    private bool StartsString(out int prefix)
    {
        prefix = 0;
        while (prefix < 2 && _at + prefix < source.Length && source[_at + prefix] is 'r' or 'R' or 'b' or 'B')
            prefix++;
        return _at + prefix < source.Length && source[_at + prefix] is '"' or '\''
            && (prefix < 2 || char.ToLowerInvariant(source[_at]) != char.ToLowerInvariant(source[_at + 1]));
    }

    private void ReadString(int prefixLength)
    {
        var start = _at;
        var prefix = source.AsSpan(_at, prefixLength);
        var raw = prefix.IndexOfAny('r', 'R') >= 0;
        var bytes = prefix.IndexOfAny('b', 'B') >= 0;
        _at += prefixLength;
        var quote = source[_at];
        var triple = _at + 2 < source.Length && source[_at + 1] == quote && source[_at + 2] == quote;
        var delimiter = new string(quote, triple ? 3 : 1);
        _at += delimiter.Length;

        var bodyStart = _at;
        while (true)
        {
            if (_at >= source.Length || (!triple && source[_at] is '\n' or '\r'))
            {
                errors.Add(start, "This text is never closed.", $"add {delimiter} where the text ends");
                return;
            }

            if (source.AsSpan(_at).StartsWith(delimiter))
                break;
            _at += !raw && source[_at] == '\\' && _at + 1 < source.Length ? 2 : 1;
        }

        var body = source.AsSpan(bodyStart, _at - bodyStart);
        _at += delimiter.Length;
        var value = RuleStringLiteral.Decode(body, bodyStart, raw, bytes, errors);
        _tokens.Add(new RuleToken(bytes ? RuleTokenKind.Bytes : RuleTokenKind.String, start, source[start.._at], value));
    }

    private void ReadName()
    {
        var start = _at;
        while (_at < source.Length && RuleWords.IsPart(source[_at]))
            _at++;
        _tokens.Add(new RuleToken(RuleTokenKind.Name, start, source[start.._at]));
    }

    private void ReadQuotedName()
    {
        var start = _at++;
        while (_at < source.Length && (RuleWords.IsPart(source[_at]) || source[_at] is '.' or '-' or '/' or ' '))
            _at++;
        if (_at == source.Length || source[_at] != '`' || _at == start + 1)
        {
            errors.Add(start, "This `name` is never closed or has a character that a field name cannot have.");
            _at = Math.Max(_at, start + 1);
            return;
        }

        _at++;
        _tokens.Add(new RuleToken(RuleTokenKind.QuotedName, start, source[(start + 1)..(_at - 1)]));
    }

    private void ReadNumber()
    {
        var start = _at;
        var kind = RuleTokenKind.Int;
        if (source[_at] == '0' && _at + 1 < source.Length && source[_at + 1] is 'x' or 'X')
        {
            _at += 2;
            Skip(char.IsAsciiHexDigit);
        }
        else
        {
            Skip(char.IsAsciiDigit);
            if (Peek(0) == '.' && char.IsAsciiDigit(Peek(1)))
            {
                kind = RuleTokenKind.Double;
                _at++;
                Skip(char.IsAsciiDigit);
            }

            var exponent = Peek(1) is '+' or '-' ? 2 : 1;
            if (Peek(0) is 'e' or 'E' && char.IsAsciiDigit(Peek(exponent)))
            {
                kind = RuleTokenKind.Double;
                _at += exponent;
                Skip(char.IsAsciiDigit);
            }
        }

        if (kind == RuleTokenKind.Int && Peek(0) is 'u' or 'U')
        {
            kind = RuleTokenKind.Uint;
            _at++;
        }

        if (RuleWords.IsPart(Peek(0)))
        {
            Skip(RuleWords.IsPart);
            var text = source[start.._at];
            errors.Add(
                start, $"'{text}' is not a number.",
                kind == RuleTokenKind.Int && RuleTimes.HoursOf(text) is { } hours ? $"a span of time is written duration('{hours}')" : "a name starts with a letter; text is written in quotes");
            // So that the parser says nothing more of it.
            _tokens.Add(new RuleToken(RuleTokenKind.Int, start, "0"));
            return;
        }

        _tokens.Add(new RuleToken(kind, start, source[start.._at]));
    }

    private void Skip(Func<char, bool> belongs)
    {
        while (_at < source.Length && belongs(source[_at]))
            _at++;
    }

    private char Peek(int ahead) => _at + ahead < source.Length ? source[_at + ahead] : '\0';

    private static string? Symbol(char first, char second) => (first, second) switch
    {
        ('=', '=') => "==",
        ('!', '=') => "!=",
        ('<', '=') => "<=",
        ('>', '=') => ">=",
        ('&', '&') => "&&",
        ('|', '|') => "||",
        ('(', _) => "(",
        (')', _) => ")",
        ('[', _) => "[",
        (']', _) => "]",
        ('{', _) => "{",
        ('}', _) => "}",
        ('.', _) => ".",
        (',', _) => ",",
        ('?', _) => "?",
        (':', _) => ":",
        ('+', _) => "+",
        ('-', _) => "-",
        ('*', _) => "*",
        ('/', _) => "/",
        ('%', _) => "%",
        ('!', _) => "!",
        ('<', _) => "<",
        ('>', _) => ">",
        _ => null,
    };

    /// <summary>The operator that was meant by one of other languages.</summary>
    private static string? Misspelt(char first, char second) => (first, second) switch
    {
        ('<', '>') => "!=",
        ('=', '>') => ">=",
        ('=', '<') => "<=",
        _ => null,
    };

    private void ReadSymbol()
    {
        var c = source[_at];
        if (Misspelt(c, Peek(1)) is { } meant)
        {
            errors.Add(_at, $"'{source.Substring(_at, meant.Length)}' has no meaning here.", meant == "!=" ? "for 'different', write !=" : $"write {meant}");
            _tokens.Add(new RuleToken(RuleTokenKind.Symbol, _at, meant));
            _at += meant.Length;
            return;
        }

        if (Symbol(c, Peek(1)) is { } symbol)
        {
            _tokens.Add(new RuleToken(RuleTokenKind.Symbol, _at, symbol));
            _at += symbol.Length;
            return;
        }

        // The full-width forms of an input method for Chinese or Japanese: the same characters, at a fixed distance.
        var plain = c is >= '\uFF01' and <= '\uFF5E' ? (char)(c - 0xFEE0) : '\0';
        var hint = c switch
        {
            '＝' => "to compare, write == in plain characters",
            '＆' => "for 'and', write && in plain characters",
            '｜' => "for 'or', write || in plain characters",
            '＇' or '＂' => "use straight quotes: 'text' or \"text\"",
            _ when plain != '\0' => $"write a plain '{plain}'",
            _ when char.IsWhiteSpace(c) || c == '\u200B' => "this blank is no space; delete it and press the space bar",
            '≥' => "write >=",
            '≤' => "write <=",
            '≠' => "for 'different', write !=",
            '=' => "to compare, write ==",
            '&' => "for 'and', write &&",
            '|' => "for 'or', write ||",
            '“' or '”' or '‘' or '’' or '„' or '«' or '»' => "use straight quotes: 'text' or \"text\"",
            ';' => "a rule is one expression; leave the ; out",
            _ => null,
        };
        errors.Add(_at, $"The character '{c}' has no meaning here.", hint);
        if (plain != '\0' && Symbol(plain, '\0') is { } symbolMeant)
            _tokens.Add(new RuleToken(RuleTokenKind.Symbol, _at, symbolMeant));
        // Keeps the parser's position after '=', so that "a = b" yields this one error and no second about a missing operator.
        if (c is '=' or '&' or '|')
            _tokens.Add(new RuleToken(RuleTokenKind.Symbol, _at, c == '=' ? "==" : c == '&' ? "&&" : "||"));
        _at++;
    }
}
