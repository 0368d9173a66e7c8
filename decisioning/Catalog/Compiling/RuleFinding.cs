using PmOrleans.Decisioning.Catalog.Diagnostics;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>Something about a rule at a place inside its text, to be reported wherever that text stands.</summary>
internal sealed record RuleFinding(CatalogSeverity Severity, string Code, int Offset, string Message, string? Hint);
