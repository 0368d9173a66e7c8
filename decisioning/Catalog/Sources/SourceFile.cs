namespace PmOrleans.Decisioning.Catalog.Sources;

/// <summary>A file a catalog was written in: its name and its text, for pointing at places.</summary>
/// <param name="path">Relative, with forward slashes.</param>
public sealed class SourceFile(string path, string text)
{
    private int[]? _lineStarts;

    public string Path => path;

    public string Text => text;

    /// <summary>1-based line and column (in UTF-16 units, as editors count) of an offset; offsets beyond the text are its end.</summary>
    public (int Line, int Column) Locate(int offset)
    {
        _lineStarts ??= LineStarts(text);
        offset = Math.Clamp(offset, 0, text.Length);
        var line = Array.BinarySearch(_lineStarts, offset);
        if (line < 0)
            line = ~line - 1;
        return (line + 1, offset - _lineStarts[line] + 1);
    }

    private static int[] LineStarts(string text)
    {
        List<int> starts = [0];
        for (var i = text.IndexOf('\n'); i >= 0; i = text.IndexOf('\n', i + 1))
            starts.Add(i + 1);
        return [.. starts];
    }
}
