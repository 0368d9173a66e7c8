namespace PmOrleans.Node.Catalog;

/// <summary>Names of files in a bundle.</summary>
internal static class CatalogPath
{
    private const int MaxLength = 400;

    public static bool IsCatalogFile(string path) =>
        path.EndsWith(".yaml", StringComparison.OrdinalIgnoreCase) || path.EndsWith(".yml", StringComparison.OrdinalIgnoreCase)
        || path.EndsWith(".json", StringComparison.OrdinalIgnoreCase);

    /// <summary>What is wrong with a path, or <c>null</c>. A bundle may be written to a folder again: nothing may lead out of it.</summary>
    public static string? Problem(string path) =>
        path.Length is 0 or > MaxLength ? $"A path has 1 to {MaxLength} characters."
        : path.Any(char.IsControl) || path.Contains('\\') || path.Contains(':') ? "A path has no control characters, backslashes or colons."
        : path.Split('/').Any(part => part is "" or "." or "..") ? "A path is relative and has no empty, . or .. part."
        : !IsCatalogFile(path) ? "A catalog file ends in .yaml, .yml or .json."
        : null;
}
