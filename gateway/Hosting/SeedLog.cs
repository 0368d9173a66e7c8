using PmOrleans.Decisioning.Catalog.Diagnostics;

namespace PmOrleans.Gateway.Hosting;

/// <summary>Tells what the command <c>validate</c> warns of, where a catalog goes live with a start and nobody is answered.</summary>
internal sealed partial class SeedLog(ILogger<SeedLog> logger)
{
    public void Report(IReadOnlyList<CatalogDiagnostic> warnings)
    {
        foreach (var warning in warnings)
        {
            Warn(warning);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The catalog that the empty store begins with: {Warning}")]
    private partial void Warn(CatalogDiagnostic warning);
}
