namespace PmOrleans.Decisioning.Catalog.Sources;

/// <summary>How a text was written; decides how its characters map to those of the file.</summary>
public enum ScalarStyle : byte
{
    /// <summary>Without quotes: may be a number, a truth value or nothing at all.</summary>
    Plain,
    SingleQuoted,
    DoubleQuoted,

    /// <summary>A block after <c>|</c>.</summary>
    Literal,

    /// <summary>A block after <c>&gt;</c>.</summary>
    Folded,
}
