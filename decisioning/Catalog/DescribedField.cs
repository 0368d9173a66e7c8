namespace PmOrleans.Decisioning.Catalog;

/// <summary>One field of a described thing.</summary>
/// <param name="Value">What is compared; <c>null</c>: it has none.</param>
/// <param name="Shown">What people read of it.</param>
internal readonly record struct DescribedField(string Name, string? Value, string? Shown)
{
    public DescribedField(string name, string? value)
        : this(name, value, value)
    {
    }

    public static implicit operator DescribedField((string Name, string? Value) field) => new(field.Name, field.Value);
}
