namespace PmOrleans.Decisioning.Rules;

/// <summary>The internal function names of operators, as the specification writes them, and their precedence.</summary>
internal static class RuleOperators
{
    public const string Not = "!_";
    public const string Negate = "-_";
    public const string Index = "_[_]";
    public const string In = "@in";
    public const string Equal = "_==_";
    public const string NotEqual = "_!=_";
    public const string Less = "_<_";
    public const string LessOrEqual = "_<=_";
    public const string Greater = "_>_";
    public const string GreaterOrEqual = "_>=_";
    public const string Add = "_+_";
    public const string Subtract = "_-_";
    public const string Multiply = "_*_";
    public const string Divide = "_/_";
    public const string Remainder = "_%_";

    /// <summary>The function of a binary operator of this level (0 relations, 1 sums, 2 products), or null.</summary>
    public static string? Binary(in RuleToken token, int level)
    {
        if (token.Kind == RuleTokenKind.Name)
            return level == 0 && token.Text == "in" ? In : null;
        if (token.Kind != RuleTokenKind.Symbol)
            return null;
        return level switch
        {
            0 => token.Text switch
            {
                "==" => Equal,
                "!=" => NotEqual,
                "<" => Less,
                "<=" => LessOrEqual,
                ">" => Greater,
                ">=" => GreaterOrEqual,
                _ => null,
            },
            1 => token.Text switch { "+" => Add, "-" => Subtract, _ => null },
            _ => token.Text switch { "*" => Multiply, "/" => Divide, "%" => Remainder, _ => null },
        };
    }

    /// <summary>The operator as a rule writes it, or the function's own name.</summary>
    public static string Shown(string function) => function switch
    {
        In => "in",
        Index => "[…]",
        _ => function.Trim('_'),
    };

    public static bool IsComparison(string function) => function is Equal or NotEqual or Less or LessOrEqual or Greater or GreaterOrEqual;

    public static bool IsOperator(string function) => function == In || function.EndsWith('_') || function == Index;
}
