namespace PmOrleans.Decisioning.Rules;

/// <summary>What a rule reads, by slot. Implement it on a class: a struct would be boxed on every evaluation.</summary>
public interface IRuleInput
{
    /// <summary>
    /// The value in <paramref name="slot"/>; false when the customer or request has none. Reading an absent slot is an error inside the rule,
    /// <c>has(…)</c> on it is false.
    /// </summary>
    bool TryGet(int slot, out CelValue value);
}
