using System.Text;

namespace PmOrleans.Decisioning.Rules;

/// <summary>
/// One text for all ways of writing a rule: fixed blanks and brackets, literals normalised, loop variables numbered, slots by full path.
/// Equal texts under one schema mean equal rules.
/// </summary>
internal static class RuleCanonical
{
    public static string Of(RuleExpr expr)
    {
        var text = new StringBuilder();
        Write(text, expr);
        return text.ToString();
    }

    private static void Write(StringBuilder text, RuleExpr expr)
    {
        switch (expr.Resolution)
        {
            case RuleResolution.Local local:
                text.Append('@').Append(local.Index);
                return;
            case RuleResolution.Constant constant:
                CelText.Append(text, constant.Value);
                return;
            case RuleResolution.Input input:
                var path = input.Field is null ? input.Variable : $"{input.Variable}.{Quoted(input.Field)}";
                text.Append(expr is SelectExpr { Test: true } ? $"has({path})" : path);
                return;
        }

        switch (expr)
        {
            case LiteralExpr literal:
                CelText.Append(text, literal.Value);
                break;
            case SelectExpr select:
                text.Append(select.Test ? "has(" : "");
                Write(text, select.Operand);
                text.Append('.').Append(Quoted(select.Field)).Append(select.Test ? ")" : "");
                break;
            case CallExpr call:
                // Member and global forms of a function mean the same.
                WriteAll(text, call.Function + "(", call.Arguments, ", ", ")");
                break;
            case LogicExpr logic:
                WriteAll(text, "(", logic.Operands, logic.IsAnd ? " && " : " || ", ")");
                break;
            case ConditionalExpr c:
                WriteAll(text, "if(", [c.Condition, c.Then, c.Otherwise], ", ", ")");
                break;
            case ListExpr list:
                WriteAll(text, "[", list.Elements, ", ", "]");
                break;
            case MapExpr map:
                WriteAll(text, "{", map.Keys, ", ", "}");
                WriteAll(text, "{", map.Values, ", ", "}");
                break;
            case MacroExpr macro:
                text.Append(macro.Macro).Append('@').Append(macro.Local);
                RuleExpr[] parts = [macro.Range, .. Present(macro.Condition), .. Present(macro.Body)];
                WriteAll(text, macro.Condition is null || macro.Body is null ? "(" : "?(", parts, ", ", ")");
                break;
        }
    }

    // m.`a.b` is one field, m.a.b two.
    private static string Quoted(string field) => field.All(RuleWords.IsPart) ? field : $"`{field}`";

    private static RuleExpr[] Present(RuleExpr? expr) => expr is null ? [] : [expr];

    private static void WriteAll(StringBuilder text, string open, RuleExpr[] parts, string between, string close)
    {
        text.Append(open);
        for (var i = 0; i < parts.Length; i++)
        {
            if (i > 0)
                text.Append(between);
            Write(text, parts[i]);
        }

        text.Append(close);
    }
}
