namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>Names of touchpoint types and of their properties.</summary>
internal static class TouchpointTypes
{
    public const int MaxLength = 64;

    public static bool IsName(ReadOnlySpan<char> name)
    {
        if (name.Length is 0 or > MaxLength || !char.IsAsciiLetter(name[0]))
            return false;
        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '-'))
                return false;
        }

        return true;
    }

    public static string? Problem(string name) =>
        IsName(name) ? null : $"A touchpoint type is a letter followed by letters, digits, _ or -, at most {MaxLength}.";
}
