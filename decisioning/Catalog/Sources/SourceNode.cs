namespace PmOrleans.Decisioning.Catalog.Sources;

/// <summary>A piece of a catalog as it was written, before it means anything; remembers its place.</summary>
/// <param name="offset">Where it starts in the file's text.</param>
public abstract class SourceNode(SourceFile file, int offset)
{
    public SourceFile File => file;

    public int Offset => offset;

    /// <summary>What it is, for messages: <c>a mapping</c>, <c>a list</c>, <c>a text</c>.</summary>
    public abstract string Kind { get; }
}
