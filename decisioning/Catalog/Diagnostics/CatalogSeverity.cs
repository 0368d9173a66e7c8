namespace PmOrleans.Decisioning.Catalog.Diagnostics;

public enum CatalogSeverity : byte
{
    /// <summary>The catalog can be published; somebody should look.</summary>
    Warning = 1,

    /// <summary>The catalog cannot be published.</summary>
    Error = 2,
}
