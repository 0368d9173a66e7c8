using System.Collections.Immutable;

namespace PmOrleans.Decisioning.Rules;

/// <summary>A checked rule, ready to run: immutable, safe to share between threads, never throws on any input.</summary>
public sealed class CompiledRule
{
    private readonly RuleNode _root;
    private readonly bool _usesLocals;

    internal CompiledRule(
        string source, string canonical, CelType resultType, RuleNode root, int localsUsed, RuleReads reads, ImmutableArray<RuleAtom> atoms,
        ImmutableArray<RuleBound> bounds)
    {
        Source = source;
        Canonical = canonical;
        ResultType = resultType;
        Slots = reads.Slots;
        Reads = reads.ToImmutable();
        Atoms = atoms;
        Bounds = bounds;
        _root = root;
        _usesLocals = localsUsed > 0;
    }

    public string Source { get; }

    /// <summary>Equal for rules that differ only in blanks, comments, brackets, quoting or names of loop variables.</summary>
    public string Canonical { get; }

    public CelType ResultType { get; }

    /// <summary>Every slot the rule may read, ascending.</summary>
    public IReadOnlyList<int> Slots { get; }

    /// <summary>How it uses each of <see cref="Slots"/>, in the same order.</summary>
    public ImmutableArray<RuleRead> Reads { get; }

    /// <summary>Necessary conditions an index can use: if one does not hold, <see cref="EvaluateBool"/> does not give True.</summary>
    public ImmutableArray<RuleAtom> Atoms { get; }

    /// <summary>Further necessary conditions, which tell of rules that can never hold.</summary>
    public ImmutableArray<RuleBound> Bounds { get; }

    /// <summary>What the rule comes to whatever the input, or null if the input matters.</summary>
    public CelValue? Constant => _root is ConstantNode constant ? constant.Value : null;

    /// <summary>Why the rule is an error whatever the input; <c>null</c> when it is none, or the input matters.</summary>
    public string? ConstantError =>
        Slots.Count == 0 && Constant is null && Evaluate(RuleBuilder.NoInput.Instance) is { IsError: true } error ? error.ErrorMessage : null;

    /// <summary>
    /// Whether the rule holds. Allocates nothing unless the rule builds lists, maps or strings. A rule whose result is not a bool gives Error.
    /// </summary>
    public RuleOutcome EvaluateBool(IRuleInput input)
    {
        if (_usesLocals)
            return EvaluateBoolWithLocals(input);
        var frame = new RuleFrame(input, []);
        return _root.Test(ref frame);
    }

    /// <summary>The rule's value, or an error value with its message; for <c>explain</c>, and for rules that give numbers or strings.</summary>
    public CelValue Evaluate(IRuleInput input)
    {
        var locals = default(RuleLocals);
        var frame = new RuleFrame(input, locals);
        return _root.Evaluate(ref frame);
    }

    // Apart, so that a rule without comprehensions does not pay for clearing the room they need.
    private RuleOutcome EvaluateBoolWithLocals(IRuleInput input)
    {
        var locals = default(RuleLocals);
        var frame = new RuleFrame(input, locals);
        return _root.Test(ref frame);
    }
}
