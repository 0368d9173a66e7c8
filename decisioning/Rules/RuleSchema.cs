using System.Diagnostics.CodeAnalysis;

namespace PmOrleans.Decisioning.Rules;

/// <summary>
/// What the rules of one catalog may read. Declare first, compile then. All rules compiled against one schema share its slots; compiling from
/// several threads at once is safe, declaring is not.
/// </summary>
public sealed class RuleSchema
{
    private readonly Dictionary<string, RuleVariable> _variables = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Variable, string? Field), RuleSlot> _slotByPath = [];
    private readonly Lock _gate = new();
    private volatile RuleSlot[] _slots = [];

    /// <summary>Every slot given so far, by index. The list returned does not change; a later compilation makes a longer one.</summary>
    public IReadOnlyList<RuleSlot> Slots => _slots;

    /// <summary>An object with exactly these fields; any other field is an error at publish.</summary>
    /// <param name="noun">What its fields are called, for whoever names one that there is not.</param>
    /// <exception cref="ArgumentException">The name is taken or is not an identifier.</exception>
    public RuleSchema DeclareObject(string name, IReadOnlyDictionary<string, CelType> fields, string? noun = null)
    {
        ArgumentNullException.ThrowIfNull(fields);
        return Declare(new RuleVariable(name, null, new Dictionary<string, CelType>(fields, StringComparer.Ordinal), null, noun));
    }

    /// <summary>An object in which any field may be asked for, all of one type, e.g. <c>counts.purchase</c>.</summary>
    /// <exception cref="ArgumentException">The name is taken or is not an identifier.</exception>
    public RuleSchema DeclareOpenObject(string name, CelType fieldType)
    {
        ArgumentNullException.ThrowIfNull(fieldType);
        return Declare(new RuleVariable(name, null, null, fieldType));
    }

    /// <summary>A plain variable. Its name may be qualified (<c>a.b</c>); the longest declared name wins.</summary>
    /// <exception cref="ArgumentException">The name is taken or is not an identifier.</exception>
    public RuleSchema DeclareVariable(string name, CelType type)
    {
        ArgumentNullException.ThrowIfNull(type);
        return Declare(new RuleVariable(name, type, null, null));
    }

    /// <summary>The slot of a path that some rule already reads.</summary>
    public bool TryGetSlot(string variable, string? field, [NotNullWhen(true)] out RuleSlot? slot)
    {
        lock (_gate)
            return _slotByPath.TryGetValue((variable, field), out slot);
    }

    internal IEnumerable<RuleVariable> Variables => _variables.Values;

    internal RuleVariable? Find(string name) => _variables.GetValueOrDefault(name);

    internal RuleSlot SlotFor(string variable, string? field, CelType type)
    {
        lock (_gate)
        {
            if (!_slotByPath.TryGetValue((variable, field), out var slot))
            {
                slot = new RuleSlot(_slots.Length, variable, field, type);
                _slotByPath.Add((variable, field), slot);
                _slots = [.. _slots, slot];
            }

            return slot;
        }
    }

    private RuleSchema Declare(RuleVariable variable)
    {
        ArgumentException.ThrowIfNullOrEmpty(variable.Name);
        if (!variable.Name.Split('.').All(RuleWords.IsIdentifier))
            throw new ArgumentException($"'{variable.Name}' is not a name that a rule can write.");
        if (!_variables.TryAdd(variable.Name, variable))
            throw new ArgumentException($"'{variable.Name}' is declared twice.");
        return this;
    }
}
