using System.Text;
using FsCheck;
using FsCheck.Fluent;
using PmOrleans.Decisioning.Rules;
using static PmOrleans.Decisioning.Tests.Rules.RuleTestSchema;

namespace PmOrleans.Decisioning.Tests.Rules;

public sealed class RulePropertyTests
{
    private static readonly string[] Fragments =
    [
        "customer", ".", "tier", "(", ")", "[", "]", "{", "}", ",", ":", "?", "&&", "||", "!", "-", "+", "*", "/", "%", "==", "<", "in", "1", "1u",
        "0x", "1e", ".5", "'a'", "'", "\"\"\"", "r'", "b'", "\\", "has", "all", "exists", "map", "x", "null", "true", " ", "\n", "//", "`", "=",
        "segments", "counts", "matches", "duration", "timestamp", "\ud800", "é", "𝄞", "\0", "size", "type", "99999999999999999999",
    ];

    private static Config Repeatable => Config.QuickThrowOnFailure.WithReplay(20261121, 1).WithMaxTest(2_000);

    [Fact]
    public void any_text_is_either_a_rule_or_told_what_is_wrong() =>
        Check.One(Repeatable, Prop.ForAll(ArbMap.Default.ArbFor<string>(), text => IsAnswered(text ?? "")));

    [Fact]
    public void any_shuffle_of_the_languages_own_words_is_answered()
    {
        var random = new Random(7);
        var accepted = 0;

        for (var n = 0; n < 30_000; n++)
        {
            var text = new StringBuilder();
            for (var length = random.Next(1, 14); length > 0; length--)
                text.Append(Fragments[random.Next(Fragments.Length)]);
            Assert.True(IsAnswered(text.ToString()));
            accepted += RuleCompiler.Compile(text.ToString(), New(), CelType.Dyn).Succeeded ? 1 : 0;
        }

        Assert.True(accepted > 100, $"only {accepted} texts were rules: the test says little");
    }

    [Fact]
    public void a_rule_cut_anywhere_is_answered()
    {
        const string Source = "customer.tier == 'go\\u006cd' && [1, 2].exists(x, x in [counts.view]) ? has(customer.age) : r'''a''' != \"b\"";

        for (var length = 0; length <= Source.Length; length++)
            Assert.True(IsAnswered(Source[..length]));
    }

    [Fact]
    public void a_well_typed_rule_never_throws_and_both_ways_of_evaluating_agree()
    {
        var random = new Random(42);
        var schema = New();
        var outcomes = new int[3];

        for (var n = 0; n < 10_000; n++)
        {
            var rule = Compile(new RandomRule(random).Bool(5), CelType.Bool, schema);
            var input = new RuleTestInput(schema, RandomRule.Values(random));
            var outcome = rule.EvaluateBool(input);
            var value = rule.Evaluate(input);
            outcomes[(int)outcome]++;
            Assert.True(
                outcome == RuleOutcome.Error ? value.IsError : value.Kind == CelKind.Bool && value.AsBool() == (outcome == RuleOutcome.True),
                $"{rule.Source}: {outcome} but {value}");
        }

        Assert.True(Array.TrueForAll(outcomes, c => c > 300), string.Join(' ', outcomes));
    }

    [Fact]
    public void rules_with_one_canonical_text_give_one_answer()
    {
        var random = new Random(3);
        var schema = New();

        for (var n = 0; n < 3_000; n++)
        {
            var rule = Compile(new RandomRule(random).Bool(4), CelType.Bool, schema);
            var spaced = Compile($"\n( {rule.Source.Replace("&&", " && // and\n", StringComparison.Ordinal)} )", CelType.Bool, schema);
            var input = new RuleTestInput(schema, RandomRule.Values(random));

            Assert.Equal(rule.Canonical, spaced.Canonical);
            Assert.Equal(rule.Evaluate(input), spaced.Evaluate(input));
        }
    }

    [Theory]
    [InlineData("customer.tags.map(a, a + a).map(a, a + a).map(a, a + a).size() == 2")]
    [InlineData("customer.tags.all(a, customer.tags.all(b, customer.tags.all(c, customer.tags.all(d, true))))")]
    [InlineData("customer.tags.all(a, customer.tags.map(b, a + b).size() > 0)")]
    [InlineData("(segments + segments + segments + segments).all(a, !('y' in segments + segments))")]
    [InlineData("(segments + segments + segments + segments).all(a, !('y' in segments))")]
    public void a_rule_that_grows_without_bound_ends_in_an_error(string source)
    {
        var tags = CelValue.ListOf(Enumerable.Repeat(new string('x', 20_000), 100));

        var segments = CelValue.ListOf(Enumerable.Repeat("x", 10_000));

        Assert.Equal(RuleOutcome.Error, Test(source, ("customer.tags", tags), ("segments", segments)));
    }

    private static bool IsAnswered(string text)
    {
        var schema = New();
        var result = RuleCompiler.Compile(text, schema, CelType.Dyn);
        if (result.Succeeded)
        {
            // Whatever the rule is, running it must give a value, if only an error.
            _ = result.Rule.Evaluate(new RuleTestInput(schema)).ToString();
            return true;
        }

        return result.Diagnostics.Length > 0 && result.Diagnostics.All(d => d is { Line: > 0, Column: > 0, Message.Length: > 0 });
    }
}
