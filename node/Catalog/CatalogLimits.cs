namespace PmOrleans.Node.Catalog;

/// <summary>What a catalog may at most be: generous for people, small for a machine.</summary>
public static class CatalogLimits
{
    /// <summary>Bytes of UTF-8 over all files; 10,000 offers with two creatives each are about 6 MB.</summary>
    public const int Bytes = 64 * 1024 * 1024;

    public const int Files = 10_000;

    /// <summary>Mappings and lists inside each other; the deepest thing a catalog needs is content, at about 10.</summary>
    public const int Depth = 64;

    /// <summary>Nodes that aliases stand for, over the whole catalog: stops the "billion laughs", whose few lines stand for millions.</summary>
    public const int AliasedNodes = 100_000;
}
