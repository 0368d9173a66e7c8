namespace PmOrleans.Decisioning.Rules;

/// <summary>The shapes of a condition that an index over many rules can look up.</summary>
public enum RuleAtomKind : byte
{
    /// <summary>The slot equals the one literal.</summary>
    Equal,

    /// <summary>The slot equals one of the literals; with no literal at all the rule never holds.</summary>
    In,

    /// <summary>The list in the slot has the one literal as an element.</summary>
    Contains,

    /// <summary>The boolean slot is true.</summary>
    IsTrue,

    /// <summary>The boolean slot is false.</summary>
    IsFalse,
}
