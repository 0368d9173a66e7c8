namespace PmOrleans.Decisioning.Rules;

/// <summary>From the text of a rule to something that runs, or to all that is wrong with it.</summary>
public static class RuleCompiler
{
    /// <param name="source">The rule, at most 65,536 characters and 200 levels of nesting.</param>
    /// <param name="schema">What the rule may read; receives a slot for each thing it does read.</param>
    /// <param name="expected">The type that the rule must have; <see cref="CelType.Dyn"/> for any.</param>
    public static RuleCompilation Compile(string source, RuleSchema schema, CelType expected)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(schema);
        ArgumentNullException.ThrowIfNull(expected);

        var errors = new RuleErrors(source);
        if (Read(source, errors) is not { } expr)
            return new RuleCompilation(errors.ToDiagnostics());

        var checker = new RuleChecker(schema, errors);
        var type = checker.Check(expr);
        if (!errors.Any && !checker.Fits(type, expected))
        {
            errors.Add(
                expr.Offset, $"This rule must give {RuleHints.Describe(expected)}, but it gives {RuleHints.Describe(checker.Final(type))}.",
                expected.Kind == CelTypeKind.Bool ? RuleHints.ForCondition(expr, checker.Final(type)) : null);
        }

        if (errors.Any)
            return new RuleCompilation(errors.ToDiagnostics());

        var builder = new RuleBuilder(schema, errors);
        var root = builder.Build(expr);
        return errors.Any
            ? new RuleCompilation(errors.ToDiagnostics())
            : new RuleCompilation(new CompiledRule(
                source, RuleCanonical.Of(expr), checker.Final(type), root, checker.LocalsUsed, builder.Reads, RuleAtoms.Of(expr, schema)));
    }

    private static RuleExpr? Read(string source, RuleErrors errors)
    {
        if (source.Length > RuleLimits.MaxSourceLength)
        {
            errors.Add(0, $"The rule has {source.Length} characters; at most {RuleLimits.MaxSourceLength} are allowed.", "split it into segments");
            return null;
        }

        var tokens = new RuleLexer(source, errors).Run();
        if (tokens.Count == 1 && !errors.Any)
        {
            errors.Add(0, "The rule is empty.", "for a rule that always holds, write true");
            return null;
        }

        var expr = RuleParser.Parse(tokens, errors);
        return errors.Any ? null : expr;
    }
}
