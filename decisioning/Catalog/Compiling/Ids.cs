namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>What an id may look like.</summary>
internal static class Ids
{
    public const int MaxLength = 256;

    /// <summary>What is wrong with a trimmed id, or <c>null</c>.</summary>
    public static string? Problem(string id)
    {
        if (id.Length == 0)
            return "An id must not be empty.";
        if (id.Length > MaxLength)
            return $"An id has at most {MaxLength} characters; this one has {id.Length}.";
        for (var i = 0; i < id.Length; i++)
        {
            if (char.IsControl(id[i]))
                return "An id has no control characters.";
            if (char.IsHighSurrogate(id[i]) && i + 1 < id.Length && char.IsLowSurrogate(id[i + 1]))
                i++;
            else if (char.IsSurrogate(id[i]))
                return "An id is text; this one has half a character.";
        }

        return null;
    }
}
