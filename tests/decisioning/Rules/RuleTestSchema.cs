using PmOrleans.Decisioning.Rules;

namespace PmOrleans.Decisioning.Tests.Rules;

/// <summary>A schema of the shape catalogs have, and an input that answers from a dictionary of paths.</summary>
internal static class RuleTestSchema
{
    public static RuleSchema New() => new RuleSchema()
        .DeclareObject("customer", new Dictionary<string, CelType>(StringComparer.Ordinal)
        {
            ["tier"] = CelType.String,
            ["age"] = CelType.Int,
            ["score"] = CelType.Double,
            ["vip"] = CelType.Bool,
            ["since"] = CelType.Timestamp,
            ["tags"] = CelType.List(CelType.String),
            ["attributes"] = CelType.Map(CelType.String, CelType.Dyn),
            ["anything"] = CelType.Dyn,
        })
        .DeclareOpenObject("counts", CelType.Int)
        .DeclareVariable("segments", CelType.List(CelType.String))
        .DeclareVariable("sinceLastPurchase", CelType.Duration);

    public static CompiledRule Compile(string source, CelType? expected = null, RuleSchema? schema = null)
    {
        var result = RuleCompiler.Compile(source, schema ?? New(), expected ?? CelType.Dyn);
        Assert.True(result.Succeeded, source + "\n" + string.Join("\n", result.Diagnostics));
        return result.Rule;
    }

    public static CelValue Evaluate(string source, params (string Path, CelValue Value)[] values)
    {
        var schema = New();
        return Compile(source, null, schema).Evaluate(new RuleTestInput(schema, values));
    }

    public static RuleOutcome Test(string source, params (string Path, CelValue Value)[] values)
    {
        var schema = New();
        return Compile(source, CelType.Bool, schema).EvaluateBool(new RuleTestInput(schema, values));
    }

    public static IReadOnlyList<RuleDiagnostic> Errors(string source, CelType? expected = null)
    {
        var result = RuleCompiler.Compile(source, New(), expected ?? CelType.Bool);
        Assert.False(result.Succeeded, source);
        Assert.Null(result.Rule);
        Assert.NotEmpty(result.Diagnostics);
        return result.Diagnostics;
    }
}
