namespace PmOrleans.Decisioning.Rules;

/// <summary>Calls that are not functions: their arguments are syntax, not values.</summary>
internal static class RuleMacros
{
    public static RuleExpr Expand(RuleToken name, RuleExpr target, RuleExpr[] arguments)
    {
        var macro = (name.Text, arguments.Length) switch
        {
            ("all", 2) => RuleMacro.All,
            ("exists", 2) => RuleMacro.Exists,
            ("exists_one" or "existsOne", 2) => RuleMacro.ExistsOne,
            ("filter", 2) => RuleMacro.Filter,
            ("map", 2 or 3) => (RuleMacro?)RuleMacro.Map,
            _ => null,
        };
        if (macro is null)
            return new CallExpr(name.Offset, name.Text, member: true, [target, .. arguments]);

        if (arguments[0] is not NameExpr { Rooted: false } variable)
        {
            throw new RuleSyntaxException(
                arguments[0].Offset, $"The first argument of '{name.Text}' is a name for the element.", $"for example list.{name.Text}(x, …)");
        }

        return macro == RuleMacro.Map
            ? new MacroExpr(name.Offset, macro.Value, target, variable.Name, arguments.Length == 3 ? arguments[1] : null, arguments[^1])
            : new MacroExpr(name.Offset, macro.Value, target, variable.Name, arguments[1], null);
    }

    public static RuleExpr ExpandGlobal(RuleToken name, RuleExpr[] arguments)
    {
        if (name.Text != "has")
            return new CallExpr(name.Offset, name.Text, member: false, arguments);
        if (arguments is [SelectExpr { Test: false } select])
            return new SelectExpr(select.Offset, select.Operand, select.Field, test: true);
        throw new RuleSyntaxException(name.Offset, "has(…) asks for one field.", "for example has(customer.tier)");
    }
}
