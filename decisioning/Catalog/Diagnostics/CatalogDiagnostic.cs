namespace PmOrleans.Decisioning.Catalog.Diagnostics;

/// <summary>What is wrong with a catalog and where.</summary>
/// <param name="Code">One of <see cref="CatalogCodes"/>: for programs; messages may change.</param>
/// <param name="File">Relative path of the file.</param>
/// <param name="Line">1-based; 0 when the trouble is with the file or the bundle as a whole.</param>
/// <param name="Column">1-based, in UTF-16 units; 0 when the trouble is with the file or the bundle as a whole.</param>
/// <param name="Path">Where in the catalog, e.g. <c>campaigns/spring-sale/offers/tea-10/eligibility</c>; empty outside of any section.</param>
/// <param name="Message">For the person who wrote it.</param>
/// <param name="Hint">What to do about it, when that can be guessed.</param>
public sealed record CatalogDiagnostic(
    CatalogSeverity Severity, string Code, string File, int Line, int Column, string Path, string Message, string? Hint)
{
    /// <summary><c>file:line:column: error code: path: message (hint)</c>, which editors and terminals make clickable.</summary>
    public override string ToString() =>
        (File.Length == 0 ? "" : Line == 0 ? $"{File}: " : $"{File}:{Line}:{Column}: ") + $"{(Severity == CatalogSeverity.Error ? "error" : "warning")} {Code}: "
        + (Path.Length == 0 ? "" : $"{Path}: ") + Message + (Hint is null ? "" : $" ({Hint})");
}
