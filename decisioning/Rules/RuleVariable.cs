namespace PmOrleans.Decisioning.Rules;

/// <summary>A declared root: a plain variable has a type, a closed object its fields, an open one the type of every field.</summary>
internal sealed record RuleVariable(string Name, CelType? Type, IReadOnlyDictionary<string, CelType>? Fields, CelType? OpenFieldType)
{
    public CelType? FieldType(string field) => OpenFieldType ?? Fields?.GetValueOrDefault(field);
}
