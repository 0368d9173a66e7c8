using System.Globalization;

namespace PmOrleans.Decisioning.Rules;

/// <summary>Recursive descent over the tokens, bounded in depth. Reports the first syntax error: what follows one is guesswork.</summary>
internal sealed class RuleParser(List<RuleToken> tokens, RuleErrors errors)
{
    // Specification asks for 12 nested levels and 24 chained operators; the checker and the evaluator recurse as deep as this.
    public const int MaxDepth = 200;

    private int _at;
    private int _nesting;

    private RuleToken Current => tokens[_at];

    public static RuleExpr? Parse(List<RuleToken> tokens, RuleErrors errors)
    {
        var parser = new RuleParser(tokens, errors);
        try
        {
            var expr = parser.Expression();
            if (parser.Current.Kind != RuleTokenKind.End)
                throw parser.Unexpected("an operator such as && or ==, or the end of the rule");
            return expr;
        }
        catch (RuleSyntaxException e)
        {
            errors.Add(e.Offset, e.Message, e.Hint);
            return null;
        }
    }

    private RuleExpr Expression()
    {
        if (++_nesting > MaxDepth)
            throw TooDeep(Current.Offset);
        var expr = Chain(isAnd: false);
        var question = Current;
        if (Accept("?"))
        {
            var then = Chain(isAnd: false);
            Expect(":", question, "? needs a : for the other case");
            expr = Checked(new ConditionalExpr(question.Offset, expr, then, Expression()));
        }

        _nesting--;
        return expr;
    }

    // A chain is one node: rules with hundreds of alternatives stay flat.
    private RuleExpr Chain(bool isAnd)
    {
        var symbol = isAnd ? "&&" : "||";
        var first = isAnd ? Binary(0) : Chain(isAnd: true);
        if (!Current.Is(symbol))
            return first;
        var offset = Current.Offset;
        List<RuleExpr> operands = [first];
        while (Accept(symbol))
            operands.Add(isAnd ? Binary(0) : Chain(isAnd: true));
        return Checked(new LogicExpr(offset, isAnd, [.. operands]));
    }

    private RuleExpr Binary(int level)
    {
        if (level == 3)
            return Unary();
        var left = Binary(level + 1);
        while (RuleOperators.Binary(Current, level) is { } function)
        {
            var offset = Current.Offset;
            _at++;
            left = Checked(new CallExpr(offset, function, member: false, [left, Binary(level + 1)]));
        }

        return left;
    }

    private RuleExpr Unary()
    {
        var start = _at;
        while (Current.Is(tokens[start].Text) && (Current.Is("!") || Current.Is("-")))
            _at++;
        var end = _at;
        // -9223372036854775808 is a literal although 9223372036854775808 is not.
        if (end > start && tokens[start].Is("-") && Current.Kind is RuleTokenKind.Int or RuleTokenKind.Double)
            end--;
        var expr = Member(negative: end < _at);
        while (end-- > start)
            expr = Checked(new CallExpr(tokens[end].Offset, tokens[end].Is("!") ? RuleOperators.Not : RuleOperators.Negate, member: false, [expr]));
        return expr;
    }

    private RuleExpr Member(bool negative)
    {
        var expr = Primary(negative);
        while (true)
        {
            var token = Current;
            if (Accept("."))
            {
                var name = Current;
                if (name.Kind == RuleTokenKind.QuotedName)
                {
                    _at++;
                    expr = Checked(new SelectExpr(token.Offset, expr, name.Text, test: false));
                    continue;
                }

                if (name.Kind != RuleTokenKind.Name || RuleWords.IsKeyword(name.Text))
                    throw Unexpected("the name of a field or function");
                _at++;
                if (Accept("("))
                    expr = Checked(RuleMacros.Expand(name, expr, List(")", name)));
                else
                    expr = Checked(new SelectExpr(name.Offset, expr, name.Text, test: false));
            }
            else if (Accept("["))
            {
                var index = Expression();
                Expect("]", token, "every [ needs its ]");
                expr = Checked(new CallExpr(token.Offset, RuleOperators.Index, member: false, [expr, index]));
            }
            else if (token.Is("{") && expr is NameExpr or SelectExpr)
            {
                throw new RuleSyntaxException(token.Offset, "Rules cannot build messages.", null);
            }
            else
            {
                return expr;
            }
        }
    }

    private RuleExpr Primary(bool negative)
    {
        var token = Current;
        _at++;
        switch (token.Kind)
        {
            case RuleTokenKind.Int or RuleTokenKind.Uint or RuleTokenKind.Double:
                return Number(token, negative);
            case RuleTokenKind.String or RuleTokenKind.Bytes:
                return new LiteralExpr(token.Offset, token.Value);
            case RuleTokenKind.Name:
                return Name(token, rooted: false);
            case RuleTokenKind.Symbol when token.Text == "." && Current.Kind == RuleTokenKind.Name:
                _at++;
                return Name(tokens[_at - 1], rooted: true);
            case RuleTokenKind.Symbol when token.Text == "(":
                var inner = Expression();
                Expect(")", token, "every ( needs its )");
                return inner;
            case RuleTokenKind.Symbol when token.Text == "[":
                return Checked(new ListExpr(token.Offset, List("]", token)));
            case RuleTokenKind.Symbol when token.Text == "{":
                return Map(token);
            default:
                _at--;
                throw Unexpected("a value, a name or (");
        }
    }

    private RuleExpr Name(RuleToken token, bool rooted)
    {
        switch (token.Text)
        {
            case "true" or "false" when !rooted:
                return new LiteralExpr(token.Offset, CelValue.Of(token.Text == "true"));
            case "null" when !rooted:
                return new LiteralExpr(token.Offset, CelValue.Null);
            case var word when RuleWords.IsKeyword(word):
                _at--;
                throw Unexpected("a value, a name or (");
            case var word when RuleWords.IsReserved(word):
                throw new RuleSyntaxException(token.Offset, $"'{word}' is a reserved word.", word == "if" ? "write condition ? a : b" : null);
        }

        if (!Accept("("))
            return new NameExpr(token.Offset, token.Text, rooted);
        var arguments = List(")", token);
        return Checked(RuleMacros.ExpandGlobal(token, arguments));
    }

    private LiteralExpr Number(RuleToken token, bool negative)
    {
        var text = negative ? "-" + token.Text : token.Text;
        if (RuleNumber.TryParse(token.Kind, text, out var value))
            return new LiteralExpr(token.Offset, value);
        errors.Add(token.Offset, string.Create(CultureInfo.InvariantCulture, $"The number {text} is too large."));
        return new LiteralExpr(token.Offset, CelValue.Of(0L));
    }

    private RuleExpr[] List(string close, RuleToken open)
    {
        List<RuleExpr> items = [];
        while (!Accept(close))
        {
            items.Add(Expression());
            if (!Accept(","))
            {
                Expect(close, open, $"separate with commas and close with {close}");
                break;
            }

            if (close == ")" && Current.Is(")"))
                throw Unexpected("another argument");
        }

        return [.. items];
    }

    private RuleExpr Map(RuleToken open)
    {
        List<RuleExpr> keys = [];
        List<RuleExpr> values = [];
        while (!Accept("}"))
        {
            keys.Add(Expression());
            Expect(":", open, "a map is written {'key': value, …}");
            values.Add(Expression());
            if (!Accept(","))
            {
                Expect("}", open, "separate with commas and close with }");
                break;
            }
        }

        return Checked(new MapExpr(open.Offset, [.. keys], [.. values]));
    }

    private bool Accept(string symbol)
    {
        if (!Current.Is(symbol))
            return false;
        _at++;
        return true;
    }

    private void Expect(string symbol, RuleToken open, string hint)
    {
        if (Accept(symbol))
            return;
        if (Current.Kind == RuleTokenKind.End)
            throw new RuleSyntaxException(open.Offset, $"The '{open.Text}' here is never closed: '{symbol}' is missing.", hint);
        throw new RuleSyntaxException(Current.Offset, $"Expected '{symbol}' but found {Shown(Current)}.", WordHint() ?? hint);
    }

    private static RuleExpr Checked(RuleExpr expr) => expr.Depth <= MaxDepth ? expr : throw TooDeep(expr.Offset);

    private static RuleSyntaxException TooDeep(int offset) =>
        new(offset, $"The rule is nested more than {MaxDepth} levels deep.", "split it into segments or metrics of their own");

    private RuleSyntaxException Unexpected(string expected) =>
        new(Current.Offset, $"Expected {expected} but found {Shown(Current)}.", WordHint());

    private static string Shown(RuleToken token) => token.Kind == RuleTokenKind.End ? token.Text : $"'{token.Text}'";

    private string? WordHint() =>
        _at > 0 && tokens[_at - 1] is { Kind: RuleTokenKind.Name, Text: "not" or "NOT" or "Not" } ? "for 'not', write !"
        : _at > 0 && tokens[_at - 1].Kind == RuleTokenKind.Int && Current is { Kind: RuleTokenKind.Symbol, Text: "," } ? "no commas in numbers: 1000; decimals stand after a point: 2.5"
        : _at > 0 && tokens[_at - 1].Is("%") ? "% is the remainder of a division: write the number without it"
        : CurrentHint();

    private string? CurrentHint() => Current.Text.ToLowerInvariant() switch
    {
        "and" => "for 'and', write &&",
        "or" => "for 'or', write ||",
        "not" => "for 'not', write !",
        "is" or "equals" => "to compare, write ==",
        ")" or "]" or "}" => "there is one bracket too many, or something is missing before it",
        _ => null,
    };
}
