namespace PmOrleans.Decisioning.Rules;

/// <summary>Mistakes in literals that the types do not show: a pattern, a time, a span or a zone that can never be read.</summary>
internal static class RuleLiteralChecks
{
    public static void Verify(CallExpr call, RuleNode[] arguments, RuleNode built, RuleErrors errors)
    {
        if (arguments[^1] is not ConstantNode { Value.Kind: CelKind.String } literal)
            return;
        var offset = call.Arguments[^1].Offset;
        var text = literal.Value.AsString();
        switch (call.Function)
        {
            // Not specialised to the pattern means that it did not compile.
            case RuleTexts.MatchesName when built is BinaryCallNode && !RuleTexts.TryCompile(text, out _, out var reason):
                errors.Add(offset, $"This pattern cannot be used: {reason}", "back references and look-around are not available");
                break;
            case "timestamp" or "duration" when built is not ConstantNode:
                var value = call.Function == "timestamp" ? CelTime.Parse(text) : CelTime.ParseDuration(text);
                errors.Add(offset, $"'{text}': {value.ErrorMessage}.", RuleTimes.HoursOf(text) is { } hours && call.Function == "duration" ? $"days are written in hours: '{hours}'" : null);
                break;
            case var f when f.StartsWith("get", StringComparison.Ordinal) && arguments.Length == 2 && !RuleTimes.IsZone(text):
                errors.Add(offset, $"There is no time zone '{text}'.", "for example 'Asia/Shanghai', 'UTC' or '+08:00'");
                break;
        }
    }
}
