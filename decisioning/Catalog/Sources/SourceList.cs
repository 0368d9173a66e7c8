namespace PmOrleans.Decisioning.Catalog.Sources;

public sealed class SourceList(SourceFile file, int offset, IReadOnlyList<SourceNode> items) : SourceNode(file, offset)
{
    public IReadOnlyList<SourceNode> Items => items;

    public override string Kind => "a list";
}
