using PmOrleans.Decisioning.Catalog.Sources;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>A cap as read, with its place for warnings.</summary>
/// <param name="Only">For caps per category or channel: the one it is about; <c>null</c>: each on its own.</param>
/// <param name="Campaign">The campaign it is written in; <c>null</c>: the catalog.</param>
/// <param name="Offer">The offer it is written in, or <c>null</c>.</param>
internal sealed record CapDraft(Cap Cap, string? Only, string? Campaign, string? Offer, SourceNode At, string Path);
