using PmOrleans.Decisioning.Rules;

namespace PmOrleans.Decisioning.Tests.Rules.Conformance;

internal enum ConformanceVerdict
{
    Passed,

    /// <summary>An error at run time was expected and the rule was already refused at publish.</summary>
    RefusedEarlier,
    Skipped,
    Failed,
}

/// <summary>Runs one test of the conformance files.</summary>
internal static class ConformanceCase
{
    public static (ConformanceVerdict Verdict, string Reason) Run(TextProto test)
    {
        var source = test.Text("expr")!;
        if (SkipReason(test, source) is { } reason)
            return (ConformanceVerdict.Skipped, reason);

        var schema = new RuleSchema();
        foreach (var declaration in test.Messages("type_env"))
        {
            if (declaration.Message("ident")?.Message("type") is not { } type)
                return (ConformanceVerdict.Skipped, "declares functions");
            if (ConformanceValue.ReadType(type) is not { } known)
                return (ConformanceVerdict.Skipped, "no protocol buffers in the catalog");
            // One case declares a variable named false to show that the keyword wins; the schema does not even take the name.
            if (!RuleWords.IsKeyword(declaration.Text("name")!))
                schema.DeclareVariable(declaration.Text("name")!, known);
        }

        var bindings = new List<(string, CelValue)>();
        foreach (var binding in test.Messages("bindings"))
        {
            if (binding.Message("value")?.Message("value") is not { } message || ConformanceValue.Read(message) is not { } bound)
                return (ConformanceVerdict.Skipped, "no protocol buffers in the catalog");
            bindings.Add((binding.Text("key")!, bound));
        }

        var compilation = RuleCompiler.Compile(source, schema, CelType.Dyn);
        var expectsError = test.Has("eval_error");
        if (!compilation.Succeeded)
        {
            if (expectsError)
                return (ConformanceVerdict.RefusedEarlier, compilation.Diagnostics[0].Message);
            return test.Word("disable_check") == "true"
                ? (ConformanceVerdict.Skipped, "asks for evaluation without type check; rules are always checked")
                : (ConformanceVerdict.Failed, compilation.Diagnostics[0].ToString());
        }

        if (test.Message("typed_result")?.Message("deduced_type") is { } deduced
            && ConformanceValue.ReadType(deduced) is { } expectedType && !expectedType.Equals(compilation.Rule.ResultType))
            return (ConformanceVerdict.Failed, $"type {compilation.Rule.ResultType}, not {expectedType}");
        if (test.Word("check_only") == "true")
            return (ConformanceVerdict.Passed, "");

        var actual = compilation.Rule.Evaluate(new RuleTestInput(schema, [.. bindings]));
        if (expectsError)
            return actual.IsError ? (ConformanceVerdict.Passed, "") : (ConformanceVerdict.Failed, $"{actual}, not an error");

        var stated = test.Message("value") ?? test.Message("typed_result")?.Message("result");
        var expected = stated is null ? CelValue.True : ConformanceValue.Read(stated);
        if (expected is null)
            return (ConformanceVerdict.Skipped, "no protocol buffers in the catalog");
        return ConformanceValue.Same(expected.Value, in actual)
            ? (ConformanceVerdict.Passed, "")
            : (ConformanceVerdict.Failed, $"{actual}, not {expected}");
    }

    private static string? SkipReason(TextProto test, string source)
    {
        if (source.Contains("TestAllTypes", StringComparison.Ordinal) || source.Contains("google.protobuf.", StringComparison.Ordinal)
            && !source.Contains("google.protobuf.Timestamp ", StringComparison.Ordinal)
            && !source.Contains("google.protobuf.Duration ", StringComparison.Ordinal))
            return "no protocol buffers in the catalog";
        if (source.Contains("GlobalEnum", StringComparison.Ordinal) || source.Contains("NestedEnum", StringComparison.Ordinal))
            return "no protocol buffers in the catalog";
        if (source.Contains("optional.", StringComparison.Ordinal) || source.Contains(".?", StringComparison.Ordinal)
            || source.Contains("[?", StringComparison.Ordinal) || source.Contains("{?", StringComparison.Ordinal))
            return "extension: optional values";
        if (test.Has("unknown") || test.Has("any_unknowns"))
            return "unknowns are not part of the rule language";
        return test.Has("container") && test.Message("type_env") is not null ? "no containers in the catalog" : null;
    }
}
