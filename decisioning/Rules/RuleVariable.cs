namespace PmOrleans.Decisioning.Rules;

/// <summary>A declared root: a plain variable has a type, a closed object its fields, an open one the type of every field.</summary>
/// <param name="Noun">What a field is called; <c>null</c>: a field.</param>
internal sealed record RuleVariable(string Name, CelType? Type, IReadOnlyDictionary<string, CelType>? Fields, CelType? OpenFieldType, string? Noun = null)
{
    public CelType? FieldType(string field) => OpenFieldType ?? Fields?.GetValueOrDefault(field);
}
