namespace PmOrleans.Node.Catalog;

/// <summary>One file of a bundle.</summary>
/// <param name="Path">Relative, with forward slashes, ending in .yaml, .yml or .json.</param>
public sealed record CatalogFile(string Path, string Text);
