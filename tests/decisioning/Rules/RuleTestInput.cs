using PmOrleans.Decisioning.Rules;

namespace PmOrleans.Decisioning.Tests.Rules;

internal sealed class RuleTestInput(RuleSchema schema, params (string Path, CelValue Value)[] values) : IRuleInput
{
    private readonly CelValue?[] _bySlot =
        [.. schema.Slots.Select(s => values.Where(v => v.Path == s.Path).Select(v => (CelValue?)v.Value).FirstOrDefault())];

    public bool TryGet(int slot, out CelValue value)
    {
        value = slot < _bySlot.Length ? _bySlot[slot].GetValueOrDefault() : default;
        return slot < _bySlot.Length && _bySlot[slot].HasValue;
    }
}
