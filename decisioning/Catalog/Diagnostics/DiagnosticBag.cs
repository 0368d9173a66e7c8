using PmOrleans.Decisioning.Catalog.Sources;

namespace PmOrleans.Decisioning.Catalog.Diagnostics;

/// <summary>Collects diagnostics: every one is counted, the first 200 errors and the first 200 warnings are kept.</summary>
public sealed class DiagnosticBag
{
    /// <summary>More than anybody reads at once, and an upper bound for the answer's size.</summary>
    public const int Kept = 200;

    private readonly List<CatalogDiagnostic> _errors = [];
    private readonly List<CatalogDiagnostic> _warnings = [];

    public int ErrorCount { get; private set; }

    public int WarningCount { get; private set; }

    public void Error(string code, SourceNode at, string path, string message, string? hint = null) =>
        Error(code, at.File, at.Offset, path, message, hint);

    public void Error(string code, SourceFile file, int offset, string path, string message, string? hint = null)
    {
        if (++ErrorCount > Kept)
            return;
        var (line, column) = file.Locate(offset);
        _errors.Add(new(CatalogSeverity.Error, code, file.Path, line, column, path, message, hint));
    }

    /// <summary>About a file as a whole.</summary>
    public void FileError(string code, string file, string message, string? hint = null)
    {
        if (++ErrorCount <= Kept)
            _errors.Add(new(CatalogSeverity.Error, code, file, 0, 0, "", message, hint));
    }

    public void Report(CatalogDiagnostic diagnostic)
    {
        ArgumentNullException.ThrowIfNull(diagnostic);
        var isError = diagnostic.Severity == CatalogSeverity.Error;
        if (isError ? ++ErrorCount <= Kept : ++WarningCount <= Kept)
            (isError ? _errors : _warnings).Add(diagnostic);
    }

    public void Warning(string code, SourceNode at, string path, string message, string? hint = null)
    {
        if (++WarningCount > Kept)
            return;
        var (line, column) = at.File.Locate(at.Offset);
        _warnings.Add(new(CatalogSeverity.Warning, code, at.File.Path, line, column, path, message, hint));
    }

    /// <summary>Errors first, each kind in the order of the files, what concerns a whole file or section before the rest; says how many were left out.</summary>
    public IReadOnlyList<CatalogDiagnostic> ToList() =>
        [.. Listed(_errors, ErrorCount, CatalogSeverity.Error), .. Listed(_warnings, WarningCount, CatalogSeverity.Warning)];

    private static IEnumerable<CatalogDiagnostic> Listed(List<CatalogDiagnostic> kept, int count, CatalogSeverity severity)
    {
        // What makes a whole file or section unreadable comes before what then is missing elsewhere.
        var ordered = kept.OrderBy(d => d.Path.Length > 0).ThenBy(d => d.File, StringComparer.Ordinal).ThenBy(d => d.Line).ThenBy(d => d.Column);
        return count <= kept.Count ? ordered
            : ordered.Append(new(severity, CatalogCodes.MoreDiagnostics, "", 0, 0, "", $"and {count - kept.Count} more", null));
    }
}
