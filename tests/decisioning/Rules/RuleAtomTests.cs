using PmOrleans.Decisioning.Rules;
using static PmOrleans.Decisioning.Tests.Rules.RuleTestSchema;

namespace PmOrleans.Decisioning.Tests.Rules;

public sealed class RuleAtomTests
{
    [Theory]
    [InlineData("customer.tier == 'gold'", "customer.tier Equal \"gold\"")]
    [InlineData("'gold' == customer.tier", "customer.tier Equal \"gold\"")]
    [InlineData("customer.age == 30 && true", "customer.age Equal 30")]
    [InlineData("customer.score == 1.5", "customer.score Equal 1.5")]
    [InlineData("customer.anything == 'x'", "customer.anything Equal \"x\"")]
    [InlineData("customer.tier in ['gold', 'silver']", "customer.tier In \"gold\",\"silver\"")]
    [InlineData("customer.tier in []", "customer.tier In ")]
    [InlineData("'vip' in segments", "segments Contains \"vip\"")]
    [InlineData("customer.vip", "customer.vip IsTrue ")]
    [InlineData("!customer.vip", "customer.vip IsFalse ")]
    [InlineData("(customer.vip && customer.age > 3) && ('a' in segments && has(customer.tier))", "customer.vip IsTrue ;segments Contains \"a\"")]
    public void a_top_level_conjunct_of_indexable_shape_is_an_atom(string source, string expected)
    {
        var schema = New();

        var atoms = Compile(source, CelType.Bool, schema).Atoms;

        Assert.Equal(expected, string.Join(";", atoms.Select(a => $"{schema.Slots[a.Slot].Path} {a.Kind} {string.Join(",", a.Literals)}")));
    }

    [Theory]
    [InlineData("customer.tier == 'gold' || customer.vip")]
    [InlineData("customer.tier != 'gold'")]
    [InlineData("!(customer.tier == 'gold' && customer.vip)")]
    [InlineData("customer.vip ? customer.tier == 'a' : customer.tier == 'b'")]
    [InlineData("has(customer.vip)")]
    [InlineData("!('churned' in segments)")]
    [InlineData("'a' in customer.attributes")]
    [InlineData("'a' in customer.anything")]
    [InlineData("['a'].exists(tier, customer.tier == tier)")]
    [InlineData("customer.anything == 9007199254740993")]
    [InlineData("customer.age in [1, 2.0]")]
    [InlineData("customer.tier == 'a' + 'b'")]
    public void nothing_else_is_an_atom(string source) => Assert.Empty(Compile(source, CelType.Bool).Atoms);

    /// <summary>The promise that the candidate index rests on, tried on random rules with random, partly absent inputs.</summary>
    [Fact]
    public void a_rule_is_never_true_where_one_of_its_atoms_is_not()
    {
        var random = new Random(20261121);
        var schema = New();
        var trueWithAtoms = 0;

        for (var n = 0; n < 20_000; n++)
        {
            var source = new RandomRule(random).Bool(4);
            var rule = Compile(source, CelType.Bool, schema);
            for (var k = 0; k < 4; k++)
            {
                var input = new RuleTestInput(schema, RandomRule.Values(random));
                if (rule.EvaluateBool(input) != RuleOutcome.True || rule.Atoms.IsEmpty)
                    continue;
                trueWithAtoms++;
                Assert.True(rule.Atoms.All(a => Holds(a, input)), source);
            }
        }

        Assert.True(trueWithAtoms > 500, $"only {trueWithAtoms} rules with atoms held: the test says little");
    }

    private static bool Holds(RuleAtom atom, RuleTestInput input)
    {
        if (!input.TryGet(atom.Slot, out var value))
            return false;
        return atom.Kind switch
        {
            RuleAtomKind.Equal or RuleAtomKind.In => atom.Literals.ToHashSet().Contains(value),
            RuleAtomKind.Contains => value.AsList().Contains(atom.Literals[0]),
            _ => value == CelValue.Of(atom.Kind == RuleAtomKind.IsTrue),
        };
    }
}
