using PmOrleans.Decisioning.Rules;
using static PmOrleans.Decisioning.Tests.Rules.RuleTestSchema;

namespace PmOrleans.Decisioning.Tests.Rules;

public sealed class RuleLanguageTests
{
    [Theory]
    [InlineData("1 + 2 * 3 - 4 / 2 % 3", "5")]
    [InlineData("(1 + 2) * 3", "9")]
    [InlineData("-7 / 2", "-3")]
    [InlineData("-7 % 3", "-1")]
    [InlineData("--5", "5")]
    [InlineData("1.5 + 2.0", "3.5")]
    [InlineData("7u - 2u", "5u")]
    [InlineData("'a' + \"b\"", "\"ab\"")]
    [InlineData("[1] + [2, 3]", "[1, 2, 3]")]
    [InlineData("b'a' + b'\\x01'", "b\"\\x61\\x01\"")]
    [InlineData("0x7fffffffffffffff", "9223372036854775807")]
    [InlineData("-9223372036854775808", "-9223372036854775808")]
    [InlineData("18446744073709551615u", "18446744073709551615u")]
    [InlineData(".5e1", "5.0")]
    public void arithmetic_follows_precedence_and_keeps_its_type(string source, string expected) =>
        Assert.Equal(expected, Evaluate(source).ToString());

    [Theory]
    [InlineData("9223372036854775807 + 1", "integer overflow")]
    [InlineData("-9223372036854775808 - 1", "integer overflow")]
    [InlineData("-(-9223372036854775808)", "integer overflow")]
    [InlineData("9223372036854775807 * 2", "integer overflow")]
    [InlineData("-9223372036854775808 / -1", "integer overflow")]
    [InlineData("-9223372036854775808 % -1", "integer overflow")]
    [InlineData("1u - 2u", "integer overflow")]
    [InlineData("1 / 0", "division by zero")]
    [InlineData("1u / 0u", "division by zero")]
    [InlineData("1 % 0", "modulus by zero")]
    [InlineData("[1][1]", "index out of bounds")]
    [InlineData("[1][-1]", "index out of bounds")]
    [InlineData("{'a': 1}['b']", "no such key")]
    [InlineData("{'a': 1}.b", "no such key: b")]
    [InlineData("{'a': 1, 'a': 2}", "Failed with repeated key")]
    [InlineData("int('x')", "type conversion error")]
    [InlineData("uint(-1)", "range error: the number does not fit the type")]
    [InlineData("string(b'\\xff')", "invalid UTF-8")]
    [InlineData("dyn(1) + dyn('a')", "no matching overload")]
    [InlineData("dyn(1) < dyn('a')", "no matching overload")]
    [InlineData("dyn('a') && true", "no matching overload")]
    [InlineData("dyn('a') ? 1 : 2", "no matching overload")]
    [InlineData("timestamp('9999-12-31T23:59:59Z') + duration('1s')", "timestamp out of range (years 1 to 9999)")]
    [InlineData("timestamp('0001-01-01T00:00:00Z').getHours('-01:00')", "timestamp out of range in this zone")]
    [InlineData("customer.tier", "no such field: customer.tier")]
    public void what_has_no_value_is_an_error_that_says_why(string source, string message)
    {
        var value = Evaluate(source);

        Assert.True(value.IsError);
        Assert.Equal(message, value.ErrorMessage);
    }

    [Theory]
    [InlineData("duration(customer.tier)", "9999999999999999999999999999h", "duration out of range (292 years)")]
    [InlineData("duration(customer.tier)", "2562048h", "duration out of range (292 years)")]
    [InlineData("duration(customer.tier)", "1.2.3s", "not a duration; expected a form like 90s, 1h30m or 7.5s")]
    [InlineData("timestamp(customer.tier)", "2026-02-30T00:00:00Z", "not a timestamp; expected the form 2026-11-21T10:00:00Z")]
    [InlineData("timestamp(customer.tier)", "2026-02-03T00:00:00.", "not a timestamp; expected the form 2026-11-21T10:00:00Z")]
    [InlineData("timestamp(0).getHours(customer.tier)", "../../etc/passwd", "no such time zone")]
    [InlineData("timestamp(0).getHours(customer.tier)", "/etc/passwd", "no such time zone")]
    [InlineData("timestamp(0).getHours(customer.tier)", "\0", "no such time zone")]
    [InlineData("timestamp(0).getHours(customer.tier)", "", "no such time zone")]
    [InlineData("'a'.matches(customer.tier)", "(", "not a regular expression")]
    [InlineData("'a'.matches(customer.tier)", "(?=a)", "not a regular expression")]
    [InlineData("'a'.matches(customer.tier)", "((a{1000}){1000}){1000}", "not a regular expression")]
    public void a_bad_text_in_the_data_is_an_error_and_nothing_worse(string source, string data, string message) =>
        Assert.Equal(message, Evaluate(source, ("customer.tier", CelValue.Of(data))).ErrorMessage);

    [Theory]
    [InlineData("1 < 2 && 'a' < 'b' && false < true && b'a' < b'b'")]
    [InlineData("1 < 1.5 && 2u > 1 && 1.0 <= 1u")]
    [InlineData("dyn(1) == 1.0 && dyn(1u) == 1 && dyn(1) != 'a'")]
    [InlineData("[1, 2] == [1, 2] && {'a': 1} == {'a': 1} && [dyn(1)] == [dyn(1.0)]")]
    [InlineData("0.0 / 0.0 != 0.0 / 0.0 && 0.0 == -0.0")]
    [InlineData("'\\U0001F431' > '\\uFFFD'")]
    [InlineData("type(1) == int && type('a') != int && type(type(1)) == type")]
    [InlineData("2 in [1, 2] && !(3 in [1, 2]) && 'a' in {'a': 1} && !(1 in {})")]
    [InlineData("dyn(2.0) in [1, 2]")]
    [InlineData("{1: 'a'}[1u == 1u ? 1 : 2] == 'a'")]
    public void values_compare_as_the_language_says(string source) => Assert.Equal(RuleOutcome.True, Test(source));

    [Theory]
    [InlineData("size('héllo') == 5 && size('\\U0001F431') == 1 && [1, 2].size() == 2 && size({}) == 0 && size(b'ab') == 2")]
    [InlineData("'gold-plus'.contains('d-p') && 'gold'.startsWith('go') && 'gold'.endsWith('ld')")]
    [InlineData("'gold-7'.matches('^[a-z]+-[0-9]$') && matches('xay', 'a') && !'b'.matches('a')")]
    [InlineData("r'\\d' == '\\\\d' && '''a'b''' == \"a'b\" && '\\x41\\101\\u0041' == 'AAA'")]
    [InlineData("bytes('ÿ') == b'\\xc3\\xbf' && string(b'abc') == 'abc'")]
    [InlineData("int('42') == 42 && int(3.9) == 3 && uint(3) == 3u && double('1.5') == 1.5 && bool('True') && string(1.5) == '1.5'")]
    public void texts_and_conversions_do_what_their_names_say(string source) => Assert.Equal(RuleOutcome.True, Test(source));

    [Theory]
    [InlineData("timestamp('2026-11-21T10:00:00Z') + duration('90m') == timestamp('2026-11-21T11:30:00Z')")]
    [InlineData("timestamp('2026-11-21T10:00:00+08:00') == timestamp('2026-11-21T02:00:00Z')")]
    [InlineData("timestamp('2026-11-21T10:00:00Z') - timestamp('2026-11-20T10:00:00Z') == duration('24h')")]
    [InlineData("timestamp('2026-11-21T20:00:00Z').getHours('Asia/Shanghai') == 4")]
    [InlineData("timestamp('2026-11-21T20:00:00Z').getDayOfWeek() == 6 && timestamp('2026-11-21T20:00:00Z').getMonth() == 10")]
    [InlineData("timestamp('0001-01-01T00:00:00.000000001Z') > timestamp('0001-01-01T00:00:00Z')")]
    [InlineData("duration('1h30m') == duration('5400s') && duration('-1.5s') < duration('0s') && duration('90s').getMinutes() == 1")]
    [InlineData("duration('2000000000000000ns') == duration('2000000s') && duration('2562047h') > duration('0')")]
    [InlineData("string(duration('1.5s')) == '1.5s' && string(timestamp(0)) == '1970-01-01T00:00:00Z'")]
    public void times_add_compare_and_show_their_parts(string source) => Assert.Equal(RuleOutcome.True, Test(source));

    [Theory]
    [InlineData("[1, 2, 3].all(x, x > 0) && ![1, 2].all(x, x > 1) && [].all(x, false)")]
    [InlineData("[1, 2].exists(x, x == 2) && ![].exists(x, true)")]
    [InlineData("[1, 2, 3].exists_one(x, x > 2) && ![1, 2, 3].exists_one(x, x > 1)")]
    [InlineData("[1, 2, 3].filter(x, x > 1) == [2, 3] && [1, 2].map(x, x * 2) == [2, 4] && [1, 2].map(x, x > 1, x * 10) == [20]")]
    [InlineData("{'a': 1, 'b': 2}.exists(k, k == 'b') && {'a': 1}.map(k, k + '!') == ['a!']")]
    [InlineData("[1, 2].all(x, [3, 4].all(y, [x].exists(x, x == 1 || y > 2)))")]
    [InlineData("[0, 2].exists(x, 4 / x == 2) && ![0, 2].all(x, 4 / x == 3)")]
    public void comprehensions_go_through_lists_and_keys(string source) => Assert.Equal(RuleOutcome.True, Test(source));

    [Theory]
    [InlineData("false && 1 / 0 > 0", RuleOutcome.False)]
    [InlineData("1 / 0 > 0 && false", RuleOutcome.False)]
    [InlineData("true || 1 / 0 > 0", RuleOutcome.True)]
    [InlineData("1 / 0 > 0 || true", RuleOutcome.True)]
    [InlineData("1 / 0 > 0 && true", RuleOutcome.Error)]
    [InlineData("1 / 0 > 0 || false", RuleOutcome.Error)]
    [InlineData("!(1 / 0 > 0)", RuleOutcome.Error)]
    [InlineData("true ? false : 1 / 0 > 0", RuleOutcome.False)]
    [InlineData("customer.vip && false", RuleOutcome.False)]
    [InlineData("customer.vip || customer.age > 3", RuleOutcome.Error)]
    [InlineData("has(customer.vip) && customer.vip", RuleOutcome.False)]
    [InlineData("!has(customer.vip) || customer.vip", RuleOutcome.True)]
    public void a_decided_logic_absorbs_the_error_beside_it(string source, RuleOutcome expected)
    {
        var rule = Compile(source, CelType.Bool);
        var input = new RuleTestInput(New());

        var outcome = rule.EvaluateBool(input);
        var value = rule.Evaluate(input);

        Assert.Equal(expected, outcome);
        Assert.Equal(expected == RuleOutcome.Error, value.IsError);
        Assert.True(value.IsError || value.AsBool() == (expected == RuleOutcome.True));
    }

    [Fact]
    public void a_rule_reads_fields_open_fields_and_plain_variables()
    {
        var source = "customer.tier == 'gold' && customer['age'] >= 18 && counts.purchase > 3 && !('churned' in segments) && sinceLastPurchase < duration('24h')";

        var outcome = Test(
            source,
            ("customer.tier", CelValue.Of("gold")),
            ("customer.age", CelValue.Of(18L)),
            ("counts.purchase", CelValue.Of(4L)),
            ("segments", CelValue.ListOf(["new"])),
            ("sinceLastPurchase", CelValue.Of(TimeSpan.FromHours(23))));

        Assert.Equal(RuleOutcome.True, outcome);
    }

    [Fact]
    public void a_slot_of_another_kind_than_declared_is_an_error_except_a_whole_number_for_a_double()
    {
        Assert.Equal("customer.tier is not of its declared type string", Evaluate("customer.tier", ("customer.tier", CelValue.Of(1L))).ErrorMessage);
        Assert.Equal(RuleOutcome.Error, Test("customer.tier != 'gold'", ("customer.tier", CelValue.Null)));
        Assert.Equal(RuleOutcome.True, Test("customer.score >= 59.0", ("customer.score", CelValue.Of(59L))));
        Assert.Equal(RuleOutcome.Error, Test("customer.score > 59.0", ("customer.score", CelValue.Of(long.MaxValue))));
    }

    [Fact]
    public void a_nested_map_is_selected_and_tested_like_an_object()
    {
        var attributes = ("customer.attributes", CelValue.MapOf([KeyValuePair.Create("city", CelValue.Of("Wien"))]));

        Assert.Equal(RuleOutcome.True, Test("customer.attributes.city == 'Wien' && has(customer.attributes.city)", attributes));
        Assert.Equal(RuleOutcome.False, Test("has(customer.attributes.street)", attributes));
        Assert.Equal("no such key: street", Evaluate("customer.attributes.street", attributes).ErrorMessage);
    }

    [Fact]
    public void one_schema_gives_all_rules_the_same_dense_slots()
    {
        var schema = New();

        var first = Compile("customer.tier == 'a' && counts.view > 1", null, schema);
        var second = Compile("counts.view > 2 && has(customer.age)", null, schema);

        Assert.Equal([0, 1], first.Slots);
        Assert.Equal([1, 2], second.Slots);
        Assert.Equal("customer.tier counts.view customer.age", string.Join(' ', schema.Slots.Select(s => s.Path)));
        Assert.Equal([0, 1, 2], schema.Slots.Select(s => s.Index));
    }

    [Fact]
    public void a_refused_rule_takes_no_slot()
    {
        var schema = New();

        RuleCompiler.Compile("customer.tier == 1", schema, CelType.Bool);

        Assert.Empty(schema.Slots);
    }

    [Fact]
    public void rules_that_differ_only_in_writing_have_one_canonical_text()
    {
        var plain = Compile("customer.tier == 'gold' && [1].exists(x, x > counts.view)");
        var other = Compile("((customer['tier'])==\"gold\")  // comment\n && [0x1].exists(other,(other > counts.view))");
        var different = Compile("customer.tier == 'gold' && [1].exists(x, x >= counts.view)");

        Assert.NotEqual(
            Compile("customer.attributes.`a.b`").Canonical, Compile("customer.attributes.a.b").Canonical, StringComparer.Ordinal);
        Assert.Equal(plain.Canonical, other.Canonical);
        Assert.NotEqual(plain.Canonical, different.Canonical, StringComparer.Ordinal);
    }

    [Theory]
    [InlineData("1 < 2 && size('abc') == 3", "true")]
    [InlineData("false && customer.vip", "false")]
    [InlineData("duration('1h') + duration('30m')", "duration('5400s')")]
    public void what_no_input_can_change_is_computed_once(string source, string expected) =>
        Assert.Equal(expected, Compile(source).Constant?.ToString());

    [Fact]
    public void equal_numbers_hash_alike_across_their_kinds()
    {
        var values = new[] { CelValue.Of(7L), CelValue.Of(7UL), CelValue.Of(7.0) };

        Assert.Single(values.ToHashSet());
        Assert.Equal(CelValue.Of(0.0), CelValue.Of(-0.0));
        Assert.Equal(CelValue.Of(0.0).GetHashCode(), CelValue.Of(-0.0).GetHashCode());
        Assert.Equal(CelValue.Of(double.NaN), CelValue.Of(double.NaN));
        Assert.False(CelComparison.AreEqual(CelValue.Of(double.NaN), CelValue.Of(double.NaN)));
    }

    [Fact]
    public void times_of_dotnet_go_in_and_come_out_unchanged()
    {
        var before1970 = new DateTimeOffset(1969, 12, 31, 23, 59, 59, 999, TimeSpan.FromHours(8)).AddTicks(7);

        Assert.Equal(before1970, CelValue.Of(before1970).AsTimestamp());
        Assert.Equal(TimeSpan.FromTicks(-15), CelValue.Of(TimeSpan.FromTicks(-15)).AsDuration());
        Assert.Throws<ArgumentOutOfRangeException>(() => CelValue.Of(TimeSpan.MaxValue));
    }
}
