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

        return Build(Check(source, schema, expected), schema);
    }

    /// <summary>
    /// The same for many rules at once, on all processors as far as they do not hang on each other. Slots are given in the order of the rules, whatever the
    /// number of processors.
    /// </summary>
    public static RuleCompilation[] CompileAll(IReadOnlyList<string> sources, RuleSchema schema, CelType expected)
    {
        ArgumentNullException.ThrowIfNull(sources);
        ArgumentNullException.ThrowIfNull(schema);
        ArgumentNullException.ThrowIfNull(expected);

        var rules = new Checked[sources.Count];
        Parallel.For(0, rules.Length, i => rules[i] = Check(sources[i], schema, expected));
        return Array.ConvertAll(rules, rule => Build(rule, schema));
    }

    private static Checked Check(string source, RuleSchema schema, CelType expected)
    {
        var errors = new RuleErrors(source);
        if (Read(source, errors) is not { } expr)
            return new Checked(source, errors, null, null, null);

        var checker = new RuleChecker(schema, errors);
        var type = checker.Check(expr);
        if (!errors.Any && !checker.Fits(type, expected))
        {
            errors.Add(
                expr.Offset, $"This rule must give {RuleHints.Describe(expected)}, but it gives {RuleHints.Describe(checker.Final(type))}.",
                expected.Kind == CelTypeKind.Bool ? RuleHints.ForCondition(expr, checker.Final(type)) : null);
        }

        return errors.Any ? new Checked(source, errors, null, null, null) : new Checked(source, errors, expr, checker.Final(type), RuleCanonical.Of(expr), checker.LocalsUsed);
    }

    private static RuleCompilation Build(Checked rule, RuleSchema schema)
    {
        if (rule.Expr is not { } expr)
            return new RuleCompilation(rule.Errors.ToDiagnostics());
        var builder = new RuleBuilder(schema, rule.Errors);
        var root = builder.Build(expr);
        return rule.Errors.Any
            ? new RuleCompilation(rule.Errors.ToDiagnostics())
            : new RuleCompilation(new CompiledRule(
                rule.Source, rule.Canonical!, rule.Type!, root, rule.LocalsUsed, builder.Reads, RuleAtoms.Of(expr, schema), RuleBounds.Of(expr, schema)));
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

    /// <param name="Expr"><c>null</c> when it has errors.</param>
    private readonly record struct Checked(string Source, RuleErrors Errors, RuleExpr? Expr, CelType? Type, string? Canonical, int LocalsUsed = 0);
}
