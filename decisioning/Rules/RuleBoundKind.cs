namespace PmOrleans.Decisioning.Rules;

/// <summary>On which side of its constant a value has to be.</summary>
public enum RuleBoundKind : byte
{
    Above,
    AtLeast,
    Below,
    AtMost,

    /// <summary>Equal to it, where no <see cref="RuleAtom"/> says so: a decimal and a whole number, or spans and moments.</summary>
    Same,

    /// <summary>Anything else.</summary>
    Other,
}
