using PmOrleans.Decisioning.Rules;
using static PmOrleans.Decisioning.Tests.Rules.RuleTestSchema;

namespace PmOrleans.Decisioning.Tests.Rules;

public sealed class RuleDiagnosticTests
{
    [Theory]
    [InlineData("customer.teir == 'gold'", 1, 10, "'customer' has no field 'teir'.", "did you mean 'customer.tier'?")]
    [InlineData("custmer.tier == 'gold'", 1, 1, "There is no 'custmer' here.", "did you mean 'customer'?")]
    [InlineData("tier == 'gold'", 1, 1, "There is no 'tier' here.", "did you mean 'customer.tier'?")]
    [InlineData("customer.tier == gold", 1, 18, "There is no 'gold' here.", "text is written in quotes: 'gold'; a segment is asked for by 'gold' in segments")]
    [InlineData("customer.tier.beginsWith('g')", 1, 15, "There is no function 'beginsWith'.", null)]
    [InlineData("customer.tier.startWith('g')", 1, 15, "There is no function 'startWith'.", "did you mean 'startsWith'?")]
    [InlineData("startsWith(customer.tier, 'g')", 1, 1, "'startsWith' cannot be used on (string, string): no overload for startsWith (string, string).", "it is written text.startsWith(…)")]
    [InlineData("true &&\n  customer.tier > 3", 2, 17, "'>' does not work between text (string) and a whole number (int): no overload for _>_ (string, int).", "put the value in quotes, or convert the text: int(…)")]
    [InlineData("customer.score + 3 > 1.0", 1, 16, "'+' does not work between a decimal number (double) and a whole number (int): no overload for _+_ (double, int).", "write the number as a decimal (2.0), or convert the other side")]
    [InlineData("customer.tier == null", 1, 15, "'==' does not work between text (string) and null_type: no overload for _==_ (string, null_type).", "to ask whether a field is there, write has(customer.field)")]
    [InlineData("'a' in customer.tier", 1, 5, "'in' does not work between text (string) and text (string): no overload for @in (string, string).", "on the right of 'in' stands a list, as in x in ['a', 'b']")]
    [InlineData("customer.age", 1, 10, "This rule must give a condition (bool), but it gives a whole number (int).", "compare it, as in x > 0")]
    [InlineData("customer.tier && true", 1, 10, "'&&' needs a condition (bool), but this is text (string).", "compare it, as in x == 'gold'")]
    [InlineData("customer == 'c-1'", 1, 1, "'customer' is an object and has no value of its own.", "its fields: age, anything, attributes, score, since, tags, tier, vip")]
    [InlineData("(customer.age > 3", 1, 1, "The '(' here is never closed: ')' is missing.", "every ( needs its )")]
    [InlineData("[1, 2", 1, 1, "The '[' here is never closed: ']' is missing.", "separate with commas and close with ]")]
    [InlineData("customer.age > 3)", 1, 17, "Expected an operator such as && or ==, or the end of the rule but found ')'.", "there is one bracket too many, or something is missing before it")]
    [InlineData("customer.tier == 'gold", 1, 18, "This text is never closed.", "add ' where the text ends")]
    [InlineData("customer.tier = 'gold'", 1, 15, "The character '=' has no meaning here.", "to compare, write ==")]
    [InlineData("customer.vip and true", 1, 14, "Expected an operator such as && or ==, or the end of the rule but found 'and'.", "for 'and', write &&")]
    [InlineData("not customer.vip", 1, 5, "Expected an operator such as && or ==, or the end of the rule but found 'customer'.", "for 'not', write !")]
    [InlineData("customer.age <> 3", 1, 14, "'<>' has no meaning here.", "for 'different', write !=")]
    [InlineData("customer.age => 3", 1, 14, "'=>' has no meaning here.", "write >=")]
    [InlineData("customer.score > 2,5", 1, 19, "Expected an operator such as && or ==, or the end of the rule but found ','.", "no commas in numbers: 1000; decimals stand after a point: 2.5")]
    [InlineData("customer.age ＞ 3", 1, 14, "The character '＞' has no meaning here.", "write a plain '>'")]
    [InlineData("customer.age > 30d", 1, 16, "'30d' is not a number.", "a span of time is written duration('720h')")]
    [InlineData("customer.age > 50% && customer.vip", 1, 20, "Expected a value, a name or ( but found '&&'.", "% is the remainder of a division: write the number without it")]
    [InlineData("sinceLastPurchase > duration('2 weeks')", 1, 30, "'2 weeks': not a duration; expected a form like 90s, 1h30m or 7.5s.", "days are written in hours: '336h'")]
    [InlineData("customer.age\u00A0> 3", 1, 13, "The character '\u00A0' has no meaning here.", "this blank is no space; delete it and press the space bar")]
    [InlineData("segments.vip", 1, 10, "A value of type list(string) has no field 'vip'.", "to ask for a segment, write 'name' in segments")]
    [InlineData("customer.tier == “gold”", 1, 18, "The character '“' has no meaning here.", "use straight quotes: 'text' or \"text\"")]
    [InlineData("customer.tier.matches('(')", 1, 23, null, "back references and look-around are not available")]
    [InlineData("customer.tier.matches('(?=a)b')", 1, 23, "This pattern cannot be used: it looks ahead or behind, which cannot be matched in one pass over the text.", "back references and look-around are not available")]
    [InlineData("customer.tier.matches(r'(a)\\1')", 1, 23, "This pattern cannot be used: it has a back reference, which cannot be matched in one pass over the text.", "back references and look-around are not available")]
    [InlineData("customer.since > timestamp('yesterday')", 1, 28, "'yesterday': not a timestamp; expected the form 2026-11-21T10:00:00Z.", null)]
    [InlineData("sinceLastPurchase > duration('1 day')", 1, 30, "'1 day': not a duration; expected a form like 90s, 1h30m or 7.5s.", "days are written in hours: '24h'")]
    [InlineData("1 < customer.age < 5", 1, 18, null, "of two comparisons at once each is written out: 1 < x && x < 5")]
    [InlineData("customer.since.getHours('Mars/Olympus') > 3", 1, 25, "There is no time zone 'Mars/Olympus'.", "for example 'Asia/Shanghai', 'UTC' or '+08:00'")]
    [InlineData("has(segments)", 1, 1, "has(…) asks for one field.", "for example has(customer.tier)")]
    [InlineData("segments.exists(1, true)", 1, 17, "The first argument of 'exists' is a name for the element.", "for example list.exists(x, …)")]
    [InlineData("customer.age.all(x, x)", 1, 10, "Only lists and maps can be gone through, and this is a whole number (int).", null)]
    [InlineData("if > 3", 1, 1, "'if' is a reserved word.", "write condition ? a : b")]
    [InlineData("counts.view > 99999999999999999999", 1, 15, "The number 99999999999999999999 is too large.", null)]
    [InlineData("'\\q' == 'a'", 1, 2, "This \\ starts no escape sequence of the language.", "write \\\\ for a backslash, or r'…' for raw text")]
    [InlineData("", 1, 1, "The rule is empty.", "for a rule that always holds, write true")]
    [InlineData("  // nothing but a comment", 1, 1, "The rule is empty.", "for a rule that always holds, write true")]
    [InlineData("Foo{a: 1}", 1, 4, "Rules cannot build messages.", null)]
    public void a_mistake_is_told_with_its_place_and_a_way_out(string source, int line, int column, string? message, string? hint)
    {
        var first = Errors(source)[0];

        Assert.Equal((line, column), (first.Line, first.Column));
        if (message is not null)
            Assert.Equal(message, first.Message);
        Assert.Equal(hint, first.Hint);
    }

    [Theory]
    [InlineData("customer.age <> 3")]
    [InlineData("customer.age => 3")]
    [InlineData("customer.age ＞ 3")]
    [InlineData("customer.age\u00A0> 3")]
    public void an_operator_of_another_language_is_one_mistake(string source) => Assert.Single(Errors(source));

    [Fact]
    public void all_mistakes_are_told_at_once_and_each_only_once()
    {
        var errors = Errors("customer.teir == 'gold' && counts.view > 'x' &&\nunknown.function(1) && size(3) == 1 && customer.teir.startsWith('a')");

        Assert.Equal(
            [(1, 10), (1, 40), (2, 1), (2, 9), (2, 24), (2, 49)],
            errors.Select(e => (e.Line, e.Column)));
    }

    [Fact]
    public void several_bad_characters_are_all_told()
    {
        var errors = Errors("customer.tier = 'a' & customer.vip ; #");

        Assert.Equal([15, 21, 36, 38], errors.Select(e => e.Column));
    }

    [Theory]
    [InlineData("(", ")", "1")]
    [InlineData("[", "]", "1")]
    [InlineData("!", "", "true")]
    [InlineData("true ? 1 : ", "", "1")]
    [InlineData("[1].map(x, ", ")", "1")]
    [InlineData("dyn(", ")", "1")]
    [InlineData("-", "", "a")]
    public void a_thousand_levels_are_refused_with_a_reason(string open, string close, string core)
    {
        var source = string.Concat(Enumerable.Repeat(open, 1000)) + core + string.Concat(Enumerable.Repeat(close, 1000));

        var error = Assert.Single(Errors(source, CelType.Dyn));

        Assert.Contains("nested more than 200 levels", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void a_long_chain_of_alternatives_is_no_nesting()
    {
        var source = string.Join(" || ", Enumerable.Range(0, 2000).Select(i => $"counts.view == {i}"));

        Assert.Equal(RuleOutcome.True, Test(source, ("counts.view", CelValue.Of(1999L))));
    }

    [Fact]
    public void a_hundred_kilobytes_are_refused_before_they_are_read()
    {
        var error = Assert.Single(Errors("'" + new string('x', 100_000) + "' == ''"));

        Assert.Equal("The rule has 100008 characters; at most 65536 are allowed.", error.Message);
    }

    [Theory]
    [InlineData("[1].map(x, [x, x]).map(x, [x, x]).exists(x, y)", "There is no 'y' here.")]
    [InlineData("[1].exists(x, true) && x == 1", "There is no 'x' here.")]
    public void a_loop_variable_lives_only_in_its_loop(string source, string message) =>
        Assert.Equal(message, Assert.Single(Errors(source)).Message);

    [Fact]
    public void a_name_is_declared_once_and_can_be_written()
    {
        var schema = New();

        Assert.Throws<ArgumentException>(() => schema.DeclareVariable("segments", CelType.Int));
        Assert.Throws<ArgumentException>(() => schema.DeclareVariable("in", CelType.Int));
        Assert.Throws<ArgumentException>(() => schema.DeclareVariable("a-b", CelType.Int));
    }
}
