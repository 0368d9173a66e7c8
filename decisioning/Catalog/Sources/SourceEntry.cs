namespace PmOrleans.Decisioning.Catalog.Sources;

public sealed record SourceEntry(SourceScalar Key, SourceNode Value);
