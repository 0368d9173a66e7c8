namespace PmOrleans.Decisioning.Form;

/// <summary>Where in a body a field is, told as <c>touchpoints[2].type</c>. <c>default</c> is the body itself.</summary>
/// <remarks>Text is built only when there is something to complain about.</remarks>
/// <param name="Parent">Name of the object or array that holds the field.</param>
/// <param name="Index">Position in the array, or -1 when the parent is an object.</param>
public readonly record struct FieldPath(string? Parent, int Index)
{
    /// <summary>How the body itself is called in an error.</summary>
    public const string Body = "body";

    /// <summary>The path of what holds the fields.</summary>
    public string Self => Parent is null ? Body : Index < 0 ? Parent : $"{Parent}[{Index}]";

    public string Of(string name) => Parent is null ? name : $"{Self}.{name}";
}
