using System.Diagnostics;
using System.Globalization;
using PmOrleans.Decisioning.Rules;

namespace PmOrleans.Benchmarks;

/// <summary>10,000 distinct rules: parsed, type-checked and built, from a cold start and warm; and what one evaluation costs. Baseline: the same condition in C#.</summary>
public static class RuleSpeed
{
    private static readonly string[] Tiers = ["none", "silver", "gold", "platinum"];

    /// <param name="args"><c>--rules N</c> (default 10,000).</param>
    public static void Run(string[] args)
    {
        var count = BenchmarkOptions.Number(args, "--rules", 10_000);
        string[] sources = [.. Enumerable.Range(0, count).Select(Source)];
        Compile("together, from a cold start", sources, schema => RuleCompiler.CompileAll(sources, schema, CelType.Bool));
        Compile("together, warm", sources, schema => RuleCompiler.CompileAll(sources, schema, CelType.Bool));
        Compile("one by one, warm", sources, schema => Array.ConvertAll(sources, source => RuleCompiler.Compile(source, schema, CelType.Bool)));

        Evaluate("customer.tier == 'gold' && customer.age >= 18 && metrics.spend30d > 1000 && customer.vip", 4_000_000);
    }

    private static void Compile(string how, string[] sources, Func<RuleSchema, RuleCompilation[]> compile)
    {
        var schema = Schema();
        var watch = Stopwatch.StartNew();
        var live = compile(schema).Count(compilation => compilation.Succeeded);
        Console.WriteLine($"{live:N0} of {sources.Length:N0} rules type-checked and live in {watch.Elapsed.TotalMilliseconds:F0} ms {how} (goal 1,000 ms)");
    }

    private static void Evaluate(string source, int times)
    {
        var schema = Schema();
        var rule = RuleCompiler.Compile(source, schema, CelType.Bool).Rule!;
        var input = new Input(schema);
        var holds = 0;
        for (var round = 0; round < 2; round++)
        {
            var watch = Stopwatch.StartNew();
            for (var i = 0; i < times; i++)
            {
                holds += rule.EvaluateBool(input) == RuleOutcome.True ? 1 : 0;
            }

            var ours = watch.Elapsed.TotalNanoseconds / times;
            watch.Restart();
            for (var i = 0; i < times; i++)
            {
                holds += input.Plain() ? 1 : 0;
            }

            var plain = watch.Elapsed.TotalNanoseconds / times;
            if (round == 1)
            {
                Console.WriteLine($"one evaluation of four conditions: {ours:F1} ns, the same in C# over the same values {plain:F1} ns ({holds:N0} hold)");
            }
        }
    }

    private static string Source(int i) => string.Create(
        CultureInfo.InvariantCulture,
        $"customer.tier == '{Tiers[i % 4]}' && metrics.views7d > {i % 97} && metrics.spend30d >= {i} && customer.city in ['c{i % 13}', 'c{i % 31}'] && !('s{i % 50}' in segments) && (has(customer.age) && customer.age < {18 + (i % 60)} || context.device == 'mobile') && recency.view < duration('{1 + (i % 400)}h')");

    private static RuleSchema Schema() => new RuleSchema()
        .DeclareObject("customer", new Dictionary<string, CelType>(StringComparer.Ordinal)
        {
            ["tier"] = CelType.String, ["city"] = CelType.String, ["age"] = CelType.Int, ["vip"] = CelType.Bool,
        })
        .DeclareObject("metrics", new Dictionary<string, CelType>(StringComparer.Ordinal) { ["views7d"] = CelType.Int, ["spend30d"] = CelType.Double })
        .DeclareOpenObject("recency", CelType.Duration)
        .DeclareVariable("segments", CelType.List(CelType.String))
        .DeclareObject("context", new Dictionary<string, CelType>(StringComparer.Ordinal) { ["device"] = CelType.String });

    private sealed class Input(RuleSchema schema) : IRuleInput
    {
        private readonly CelValue[] _values = [.. schema.Slots.Select(slot => slot.Path switch
        {
            "customer.tier" => CelValue.Of("gold"),
            "customer.age" => CelValue.Of(42L),
            "metrics.spend30d" => CelValue.Of(1_500.5),
            _ => CelValue.True,
        })];

        public bool TryGet(int slot, out CelValue value)
        {
            value = _values[slot];
            return true;
        }

        public bool Plain() => _values[0].AsString() == "gold" && _values[1].AsInt() >= 18 && _values[2].AsDouble() > 1000 && _values[3].AsBool();
    }
}
