namespace PmOrleans.Decisioning.Rules;

/// <summary>Words for the checker's findings: what went wrong in the writer's terms and what to try.</summary>
internal static class RuleHints
{
    private const int FieldsListed = 8;
    private const int MaxNameCompared = 64;

    /// <summary>For a field of something that has none.</summary>
    public static string? ForSelection(SelectExpr select) =>
        select.Operand is NameExpr { Name: "segments" } ? "to ask for a segment, write 'name' in segments" : null;

    public static string? ForName(string name, RuleSchema schema, IEnumerable<string> locals)
    {
        if (Nearest(name, schema.Variables.Select(v => v.Name).Concat(locals)) is { } near)
            return $"did you mean '{near}'?";
        var owner = schema.Variables.FirstOrDefault(v => v.Fields?.ContainsKey(name) == true);
        return owner is not null
            ? $"did you mean '{owner.Name}.{name}'?"
            : $"text is written in quotes: '{name}'" + (schema.Find("segments") is null ? "" : $"; a segment is asked for by '{name}' in segments");
    }

    public static string? ForField(string field, RuleVariable variable, RuleSchema schema)
    {
        var owner = schema.Variables.FirstOrDefault(other => other.Fields?.ContainsKey(field) == true);
        return owner is not null ? $"did you mean '{owner.Name}.{field}'?"
            : Nearest(field, variable.Fields?.Keys ?? []) is { } near ? $"did you mean '{variable.Name}.{near}'?"
            : ForObject(variable);
    }

    public static string? ForObject(RuleVariable variable)
    {
        if (variable.Fields is null)
            return $"write the field after a dot: {variable.Name}.something";
        if (variable.Fields.Count == 0)
            return variable.Noun is null ? "none is declared yet" : $"no {variable.Noun} is declared yet";
        var names = variable.Fields.Keys.Order(StringComparer.Ordinal).Take(FieldsListed);
        return $"{(variable.Noun is null ? "its fields:" : "there is")} {string.Join(", ", names)}{(variable.Fields.Count > FieldsListed ? ", …" : "")}";
    }

    public static string? ForFunction(CallExpr call)
    {
        if (Nearest(call.Function, RuleLibrary.CallableNames) is { } near && near != call.Function)
            return $"did you mean '{near}'?";
        return call.Function is "all" or "exists" or "exists_one" or "existsOne" or "filter" or "map"
            ? $"it is written list.{call.Function}(x, condition on x)"
            : null;
    }

    public static string NoOverload(CallExpr call, CelType[] types)
    {
        var signature = $"no overload for {call.Function} ({string.Join(", ", (IEnumerable<CelType>)types)})";
        var shown = RuleOperators.Shown(call.Function);
        return !RuleOperators.IsOperator(call.Function) ? $"'{shown}' cannot be used on ({string.Join(", ", (IEnumerable<CelType>)types)}): {signature}."
            : types.Length == 2 ? $"'{shown}' does not work between {Describe(types[0])} and {Describe(types[1])}: {signature}."
            : $"'{shown}' does not work on {Describe(types[0])}: {signature}.";
    }

    public static string? ForOperands(RuleFunction function, CallExpr call, CelType[] types)
    {
        if (!RuleOperators.IsOperator(call.Function))
            return ForArguments(function, call);
        if (types.Length != 2)
            return null;
        if (call.Function == RuleOperators.In)
            return "on the right of 'in' stands a list, as in x in ['a', 'b']";
        if (call.Function == RuleOperators.Index)
            return null;

        if (RuleOperators.IsComparison(call.Function) && call.Arguments[0] is CallExpr { Function: var inner } && RuleOperators.IsComparison(inner))
            return "of two comparisons at once each is written out: 1 < x && x < 5";

        var (left, right) = (types[0].Kind, types[1].Kind);
        if (left == CelTypeKind.Null || right == CelTypeKind.Null)
            return "to ask whether a field is there, write has(customer.field)";
        if (IsNumeric(left) && IsNumeric(right))
        {
            return (call.Arguments[0] is LiteralExpr, call.Arguments[1] is LiteralExpr) is (false, false)
                ? $"convert one side, for example {types[1]}(…)"
                : $"write the number as {Example(call.Arguments[0] is LiteralExpr ? right : left)}, or convert the other side";
        }

        if (left == CelTypeKind.String && IsNumeric(right))
            return call.Function == RuleOperators.Add ? "to join them, write string(…) around the number" : "put the value in quotes, or convert the text: int(…)";
        if (IsNumeric(left) && right == CelTypeKind.String)
            return call.Function == RuleOperators.Add ? "to join them, write string(…) around the number" : "leave the quotes out, or convert the text: int(…)";
        if (left == CelTypeKind.Bool || right == CelTypeKind.Bool)
            return "put brackets around each condition, and write true or false without quotes";
        if (left == CelTypeKind.List)
            return "to look for one value in a list, write value in list";
        return left is CelTypeKind.Timestamp or CelTypeKind.Duration || right is CelTypeKind.Timestamp or CelTypeKind.Duration
            ? "times are written timestamp('2026-11-21T10:00:00Z'), spans duration('24h')"
            : null;
    }

    public static string? ForCondition(RuleExpr expr, CelType type) => type.Kind switch
    {
        CelTypeKind.String => "compare it, as in x == 'gold'",
        CelTypeKind.Int or CelTypeKind.Uint or CelTypeKind.Double => "compare it, as in x > 0",
        CelTypeKind.List => "ask for an element, as in 'a' in list, or for size(list) > 0",
        _ => expr is MapExpr or ListExpr ? "a condition is true or false" : null,
    };

    public static string Describe(CelType type) => type.Kind switch
    {
        CelTypeKind.String => "text (string)",
        CelTypeKind.Int => "a whole number (int)",
        CelTypeKind.Uint => "an unsigned number (uint)",
        CelTypeKind.Double => "a decimal number (double)",
        CelTypeKind.Bool => "a condition (bool)",
        CelTypeKind.List => $"a list ({type})",
        CelTypeKind.Map => $"a map ({type})",
        CelTypeKind.Timestamp => "a time (timestamp)",
        CelTypeKind.Duration => "a span of time (duration)",
        _ => type.ToString(),
    };

    public static string NameOf(RuleMacro macro) => macro switch
    {
        RuleMacro.All => "all",
        RuleMacro.Exists => "exists",
        RuleMacro.ExistsOne => "exists_one",
        RuleMacro.Filter => "filter",
        _ => "map",
    };

    /// <summary>The candidate a typing error away: a third of the letters may differ, or as many as are given, case aside.</summary>
    public static string? Nearest(string word, IEnumerable<string> candidates, int? most = null)
    {
        string? best = null;
        var bestDistance = (most ?? Math.Max(1, word.Length / 3)) + 1;
        foreach (var candidate in candidates.Order(StringComparer.Ordinal))
        {
            if (Math.Abs(candidate.Length - word.Length) >= bestDistance)
                continue;
            var distance = Distance(word, candidate);
            if (distance < bestDistance)
                (best, bestDistance) = (candidate, distance);
        }

        return best;
    }

    private static string? ForArguments(RuleFunction function, CallExpr call)
    {
        if (function.Overloads.All(o => o.Member) && !call.Member)
            return $"it is written text.{function.Name}(…)";
        if (!function.Overloads.Any(o => o.Member) && call.Member)
            return $"it is written {function.Name}(…)";
        var expected = function.Overloads.Where(o => o.Member == call.Member).Select(o => $"({string.Join(", ", (IEnumerable<CelType>)o.Parameters)})");
        return $"it takes {string.Join(" or ", expected)}";
    }

    private static bool IsNumeric(CelTypeKind kind) => kind is CelTypeKind.Int or CelTypeKind.Uint or CelTypeKind.Double;

    private static string Example(CelTypeKind kind) => kind switch
    {
        CelTypeKind.Double => "a decimal (2.0)",
        CelTypeKind.Uint => "an unsigned number (2u)",
        _ => "a whole number (2)",
    };

    /// <summary>Letters added, left out, replaced or exchanged with their neighbour (optimal string alignment), case aside.</summary>
    private static int Distance(string left, string right)
    {
        // Names are short; the bound keeps the table on the stack and a hostile rule from making this quadratic in 64 kB.
        if (left.Length > MaxNameCompared || right.Length > MaxNameCompared)
            return int.MaxValue;
        var width = right.Length + 1;
        Span<int> table = stackalloc int[(left.Length + 1) * width];
        for (var i = 0; i <= left.Length; i++)
        {
            for (var j = 0; j <= right.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    table[i * width + j] = i + j;
                    continue;
                }

                var same = SameLetter(left[i - 1], right[j - 1]);
                var best = Math.Min(
                    table[(i - 1) * width + j - 1] + (same ? 0 : 1),
                    Math.Min(table[(i - 1) * width + j], table[i * width + j - 1]) + 1);
                if (i > 1 && j > 1 && SameLetter(left[i - 1], right[j - 2]) && SameLetter(left[i - 2], right[j - 1]))
                    best = Math.Min(best, table[(i - 2) * width + j - 2] + 1);
                table[i * width + j] = best;
            }
        }

        return table[^1];
    }

    private static bool SameLetter(char left, char right) => char.ToUpperInvariant(left) == char.ToUpperInvariant(right);
}
