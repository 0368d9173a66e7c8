using PmOrleans.Decisioning.Catalog.Compiling;
using PmOrleans.Decisioning.Rules;
using PmOrleans.Decisioning.Tests.Rules;
using static PmOrleans.Decisioning.Tests.Rules.RuleTestSchema;

namespace PmOrleans.Decisioning.Tests.Catalog;

public sealed class NeverHoldsTests
{
    private static readonly string[] Signs = ["<", "<=", ">", ">=", "==", "!="];

    [Theory]
    [InlineData("customer.age > 3 && customer.age < 2", "customer.age would have to be > 3 and < 2 at once")]
    [InlineData("3 < customer.age && 2 > customer.age", "customer.age would have to be > 3 and < 2 at once")]
    [InlineData("customer.age > 2 && customer.tier == 'a' && customer.age < 3", "customer.age would have to be > 2 and < 3 at once")]
    [InlineData("customer.age == 2.5", "customer.age would have to be == 2.5 at once")]
    [InlineData("customer.age >= 2 && customer.age <= 2 && customer.age != 2", "customer.age would have to be >= 2 and <= 2 and != 2 at once")]
    [InlineData("customer.age == 1 && customer.age > 1", "customer.age would have to be == 1 and > 1 at once")]
    [InlineData("customer.age in [1, 2] && customer.age > 2.5", "customer.age would have to be in [1, 2] and > 2.5 at once")]
    [InlineData("customer.tier == 'gold' && customer.tier == \"none\"", "customer.tier would have to be == 'gold' and == 'none' at once")]
    [InlineData("customer.tier == 'gold' && customer.tier != 'gold'", "customer.tier would have to be == 'gold' and != 'gold' at once")]
    [InlineData("customer.tier > 'b' && customer.tier < 'a'", "customer.tier would have to be > 'b' and < 'a' at once")]
    [InlineData("customer.score == 0 && customer.score > 5", "customer.score would have to be > 5 and == 0 at once")]
    [InlineData("customer.score > 1 && customer.score < 1.0", "customer.score would have to be > 1 and < 1 at once")]
    [InlineData("customer.score > -0.0 && customer.score <= 0", "customer.score would have to be > -0 and <= 0 at once")]
    [InlineData("customer.anything > 2 && customer.anything < 1.5", "customer.anything would have to be > 2 and < 1.5 at once")]
    [InlineData("sinceLastPurchase > duration('2160h') && sinceLastPurchase <= duration('720h')", "sinceLastPurchase would have to be > 90d and <= 30d at once")]
    [InlineData("customer.since > timestamp('2026-02-01T00:00:00Z') && customer.since < timestamp('2026-01-01T00:00:00Z')",
        "customer.since would have to be > timestamp('2026-02-01T00:00:00Z') and < timestamp('2026-01-01T00:00:00Z') at once")]
    [InlineData("customer.vip && !customer.vip", "customer.vip would have to be == true and == false at once")]
    [InlineData("1 > 2", "it is false for everybody, whatever is known of them")]
    public void a_rule_that_excludes_itself_says_what_would_have_to_be(string source, string why) => Assert.Equal(why, NeverHolds(source));

    [Theory]
    [InlineData("customer.age > 3 || customer.age < 2")]
    [InlineData("!(customer.age > 3 && customer.age < 2)")]
    [InlineData("customer.vip ? customer.age > 3 : customer.age < 2")]
    [InlineData("customer.age > 3 && counts.view < 2")]
    [InlineData("customer.score > 2 && customer.score < 3")]
    [InlineData("customer.age >= 2 && customer.age <= 2")]
    [InlineData("customer.age != 2 && customer.age != 3")]
    [InlineData("customer.anything == 'a' && customer.anything > 1")]
    [InlineData("customer.age > 9007199254740993 && customer.age < 9007199254740992.0")]
    [InlineData("customer.tags.exists(t, t == 'a') && customer.tags.exists(t, t == 'b')")]
    [InlineData("!has(customer.age) || customer.age > 3")]
    public void nothing_is_said_of_what_may_hold_or_is_not_looked_into(string source) => Assert.Null(NeverHolds(source));

    [Fact]
    public void a_rule_of_which_it_is_said_never_holds_for_anybody()
    {
        var random = new Random(20261130);
        var (said, tried) = (0, 0);

        for (var n = 0; n < 20_000; n++)
        {
            var source = string.Join(" && ", Enumerable.Range(0, random.Next(2, 5)).Select(_ => Comparison(random)));
            var schema = New();
            var rule = Compile(source, CelType.Bool, schema);
            if (RuleLogic.NeverHolds(rule, schema) is not { } why)
                continue;
            said++;
            for (var k = 0; k < 40; k++, tried++)
                Assert.True(rule.EvaluateBool(new RuleTestInput(schema, Values(random))) != RuleOutcome.True, $"{source}: {why}");
        }

        Assert.True(said > 1_000 && tried > said, $"only {said} rules were said never to hold: the test says little");
    }

    [Fact]
    public void of_whole_numbers_it_is_said_exactly_when_none_is_left()
    {
        var random = new Random(7);

        for (var n = 0; n < 5_000; n++)
        {
            var source = string.Join(" && ", Enumerable.Range(0, random.Next(1, 4)).Select(_ => $"customer.age {Signs[random.Next(5)]} {Number(random)}"));
            var schema = New();
            var rule = Compile(source, CelType.Bool, schema);

            var holds = Enumerable.Range(-8, 17).Any(age => rule.EvaluateBool(new RuleTestInput(schema, ("customer.age", CelValue.Of((long)age)))) == RuleOutcome.True);

            Assert.True(holds == RuleLogic.NeverHolds(rule, schema) is null, source);
        }
    }

    private static string? NeverHolds(string source)
    {
        var schema = New();
        return RuleLogic.NeverHolds(Compile(source, CelType.Bool, schema), schema);
    }

    private static string Comparison(Random random)
    {
        var (path, constant) = random.Next(6) switch
        {
            0 => ("customer.tier", Word(random)),
            1 => ("customer.age", Number(random)),
            2 => ("customer.score", Number(random)),
            3 => ("counts.view", Number(random)),
            4 => ("sinceLastPurchase", $"duration('{random.Next(4)}h')"),
            _ => ("customer.anything", random.Next(3) == 0 ? Word(random) : Number(random)),
        };
        var sign = Signs[random.Next(Signs.Length)];
        return random.Next(8) switch
        {
            0 => $"({constant} {sign} {path} || customer.vip)",
            1 => $"!({path} {sign} {constant})",
            2 or 3 => $"{constant} {sign} {path}",
            _ => $"{path} {sign} {constant}",
        };
    }

    private static (string Path, CelValue Value)[] Values(Random random)
    {
        (string, CelValue)[] all =
        [
            ("customer.tier", CelValue.Of(Word(random).Trim('\''))),
            ("customer.age", CelValue.Of((long)random.Next(-5, 6))),
            ("customer.score", random.Next(9) == 0 ? CelValue.Of(double.NaN) : CelValue.Of(random.Next(-10, 11) / 2.0)),
            ("customer.vip", CelValue.Of(random.Next(2) == 0)),
            ("counts.view", CelValue.Of((long)random.Next(5))),
            ("sinceLastPurchase", CelValue.Of(TimeSpan.FromMinutes(random.Next(9) * 30))),
            ("customer.anything", random.Next(4) switch { 0 => CelValue.Of(Word(random).Trim('\'')), 1 => CelValue.Of((long)random.Next(-5, 6)), 2 => CelValue.Of(2UL), _ => CelValue.Of(random.Next(-10, 11) / 2.0) }),
        ];
        return [.. all.Where(_ => random.Next(12) != 0)];
    }

    private static string Number(Random random) => random.Next(3) == 0 ? (random.Next(-8, 9) / 2.0).ToString("0.0", System.Globalization.CultureInfo.InvariantCulture) : $"{random.Next(-4, 5)}";

    private static string Word(Random random) => new[] { "'gold'", "'silver'", "''" }[random.Next(3)];
}
