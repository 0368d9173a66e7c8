using System.Collections.Immutable;

namespace PmOrleans.Decisioning.Catalog;

public enum CatalogChangeKind : byte
{
    Added = 1,
    Removed = 2,
    Changed = 3,
}

/// <summary>One field that differs; <c>null</c> where the field has no value.</summary>
public sealed record CatalogFieldChange(string Field, string? Old, string? New);

/// <summary>What became of one thing from one version to another.</summary>
/// <param name="Thing"><c>catalog attribute metric segment rfm consent suppression cap policy placement campaign offer experiment</c> or <c>creative</c>.</param>
/// <param name="Fields">For changed things: the fields that differ, in the order of the documentation.</param>
public sealed record CatalogChange(CatalogChangeKind Kind, string Thing, string Id, ImmutableArray<CatalogFieldChange> Fields);
