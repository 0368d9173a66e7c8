using System.Collections.Immutable;

namespace PmOrleans.Decisioning.Rules;

/// <summary>How a rule uses one slot: what its value is compared with decides when a change of it can matter.</summary>
/// <param name="Slot">Index of the slot.</param>
/// <param name="Constants">What it is compared with by <c>== != &lt; &lt;= &gt; &gt;=</c>, where that does not depend on the input; in the order of the rule.</param>
/// <param name="OnlyCompared">
/// Whether these comparisons, and <c>has(…)</c>, are all the rule does with the value: as long as it stays on the same side of every constant, the rule's own
/// value stays as it is. False: any change can matter.
/// </param>
public sealed record RuleRead(int Slot, ImmutableArray<CelValue> Constants, bool OnlyCompared);
