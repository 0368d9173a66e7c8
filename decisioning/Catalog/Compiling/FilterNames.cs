using PmOrleans.Decisioning.Rules;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>The names that a filter leaves to its touchpoint: neither loop variables nor types. What cannot be parsed has none; the compiler says why.</summary>
internal static class FilterNames
{
    public static IReadOnlyCollection<string> In(string source)
    {
        SortedSet<string> names = new(StringComparer.Ordinal);
        if (source.Length > RuleLimits.MaxSourceLength)
            return names;
        var errors = new RuleErrors(source);
        var tokens = new RuleLexer(source, errors).Run();
        if (!errors.Any && RuleParser.Parse(tokens, errors) is { } expr)
            Walk(expr, [], names);
        return names;
    }

    // As deep as the parser allows, 200 levels.
    private static void Walk(RuleExpr? expr, List<string> locals, SortedSet<string> names)
    {
        switch (expr)
        {
            case NameExpr { Name: var name } when !locals.Contains(name) && !RuleLibrary.TypeNames.ContainsKey(name):
                names.Add(name);
                break;
            case SelectExpr select:
                Walk(select.Operand, locals, names);
                break;
            case CallExpr call:
                WalkAll(call.Arguments, locals, names);
                break;
            case LogicExpr logic:
                WalkAll(logic.Operands, locals, names);
                break;
            case ConditionalExpr conditional:
                WalkAll([conditional.Condition, conditional.Then, conditional.Otherwise], locals, names);
                break;
            case ListExpr list:
                WalkAll(list.Elements, locals, names);
                break;
            case MapExpr map:
                WalkAll(map.Keys, locals, names);
                WalkAll(map.Values, locals, names);
                break;
            case MacroExpr macro:
                Walk(macro.Range, locals, names);
                locals.Add(macro.Variable);
                WalkAll([macro.Condition, macro.Body], locals, names);
                locals.RemoveAt(locals.Count - 1);
                break;
        }
    }

    private static void WalkAll(ReadOnlySpan<RuleExpr?> expressions, List<string> locals, SortedSet<string> names)
    {
        foreach (var expr in expressions)
            Walk(expr, locals, names);
    }
}
