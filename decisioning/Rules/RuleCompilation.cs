using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace PmOrleans.Decisioning.Rules;

/// <summary>Either a rule that can run or the reasons, at least one, why the text is none.</summary>
public sealed class RuleCompilation
{
    internal RuleCompilation(CompiledRule rule)
    {
        Rule = rule;
        Diagnostics = [];
    }

    internal RuleCompilation(ImmutableArray<RuleDiagnostic> diagnostics) => Diagnostics = diagnostics;

    [MemberNotNullWhen(true, nameof(Rule))]
    public bool Succeeded => Rule is not null;

    public CompiledRule? Rule { get; }

    /// <summary>Every error found, in the order of the text; empty when the compilation succeeded.</summary>
    public ImmutableArray<RuleDiagnostic> Diagnostics { get; }
}
