using PmOrleans.Decisioning.Rules;

namespace PmOrleans.Decisioning.Tests.Rules;

/// <summary>Many rules compiled at once.</summary>
public sealed class RuleTogetherTests
{
    [Fact]
    public void rules_compiled_together_are_what_they_are_one_by_one_slots_and_mistakes_included()
    {
        string[] sources =
        [
            .. Enumerable.Range(0, 500).Select(i => (i % 5) switch
            {
                0 => $"counts.a{i % 37} > {i} && customer.tier == 't{i}'",
                1 => $"customer.tier in ['a', 'b{i}'] || value.x{i % 11} < {i}.5",
                2 => $"counts.a{i} +",
                3 => $"customer.teir == '{i}'",
                _ => $"[1, 2, {i}].exists(n, n == counts.b{i % 7})",
            }),
        ];
        RuleSchema together = Schema(), apart = Schema();

        var all = RuleCompiler.CompileAll(sources, together, CelType.Bool);
        var each = Array.ConvertAll(sources, source => RuleCompiler.Compile(source, apart, CelType.Bool));

        Assert.Equal(each.Select(rule => rule.Succeeded), all.Select(rule => rule.Succeeded));
        Assert.Equal(each.SelectMany(rule => rule.Diagnostics), all.SelectMany(rule => rule.Diagnostics));
        Assert.Equal(each.Select(rule => rule.Rule?.Canonical), all.Select(rule => rule.Rule?.Canonical), StringComparer.Ordinal);
        Assert.Equal(each.SelectMany(rule => rule.Rule?.Slots ?? []), all.SelectMany(rule => rule.Rule?.Slots ?? []));
        Assert.Equal(apart.Slots.Select(slot => slot.Path), together.Slots.Select(slot => slot.Path), StringComparer.Ordinal);
    }

    private static RuleSchema Schema() => new RuleSchema()
        .DeclareObject("customer", new Dictionary<string, CelType>(StringComparer.Ordinal) { ["tier"] = CelType.String })
        .DeclareOpenObject("counts", CelType.Int)
        .DeclareOpenObject("value", CelType.Double);
}
