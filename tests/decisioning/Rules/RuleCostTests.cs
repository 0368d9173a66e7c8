using PmOrleans.Decisioning.Rules;
using static PmOrleans.Decisioning.Tests.Rules.RuleTestSchema;

namespace PmOrleans.Decisioning.Tests.Rules;

public sealed class RuleCostTests
{
    [Theory]
    [InlineData("customer.tier == 'gold' && customer.age >= 18 && customer.score > 0.5 && customer.vip")]
    [InlineData("!('churned' in segments) && 'new' in segments && customer.tier in ['gold', 'silver']")]
    [InlineData("customer.tier.startsWith('go') && customer.tier.matches('^g.*d$') && size(customer.tier) == 4")]
    [InlineData("customer.age * 2 + 1 > 30 || customer.score / 2.0 < 0.1")]
    [InlineData("has(customer.tier) && (customer.vip ? customer.age != 7 : false)")]
    [InlineData("segments.exists(s, s == 'new') && segments.all(s, s != 'x')")]
    [InlineData("customer.since + duration('24h') < timestamp('2030-01-01T00:00:00Z') && sinceLastPurchase < duration('24h')")]
    [InlineData("customer.since.getHours('Asia/Shanghai') >= 0")]
    [InlineData("counts.nothing > 3 || customer.vip")]
    public void evaluating_a_rule_allocates_nothing(string source)
    {
        var schema = New();
        var rule = Compile(source, CelType.Bool, schema);
        var input = new RuleTestInput(
            schema,
            ("customer.tier", CelValue.Of("gold")),
            ("customer.age", CelValue.Of(30L)),
            ("customer.score", CelValue.Of(0.75)),
            ("customer.vip", CelValue.True),
            ("customer.since", CelValue.Of(DateTimeOffset.UnixEpoch)),
            ("segments", CelValue.ListOf(["new"])),
            ("sinceLastPurchase", CelValue.Of(TimeSpan.FromHours(1))));
        for (var warm = 0; warm < 100; warm++)
            Assert.Equal(RuleOutcome.True, rule.EvaluateBool(input));

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var n = 0; n < 1_000; n++)
            rule.EvaluateBool(input);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        // A regular expression may build a state of its automaton late; per evaluation it would be thousands of times this.
        Assert.InRange(allocated, 0, 1_000);
    }
}
