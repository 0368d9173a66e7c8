namespace PmOrleans.Decisioning.Catalog.Sources;

/// <summary>A text, number, truth value or nothing; which of them, only the reader of the field knows.</summary>
/// <param name="end">Offset behind its last character.</param>
public sealed class SourceScalar(SourceFile file, int offset, int end, string text, ScalarStyle style) : SourceNode(file, offset)
{
    /// <summary>The value, unquoted and unfolded.</summary>
    public string Text => text;

    public ScalarStyle Style => style;

    public int End => end;

    /// <summary>Written as nothing: <c>key:</c>, <c>~</c> or <c>null</c>.</summary>
    public bool IsNothing => style == ScalarStyle.Plain && text is "" or "~" or "null";

    public override string Kind => IsNothing ? "nothing" : style != ScalarStyle.Plain ? "a text" : text is "true" or "false" ? "true or false"
        : double.TryParse(text, out _) ? "a number" : "a text";

    /// <summary>The offset in the file of a character of the value, through quotes, escapes and indentation.</summary>
    /// <param name="index">0 to the length of <see cref="Text"/>.</param>
    public int OffsetOf(int index) => ScalarPlaces.InFile(this, Math.Clamp(index, 0, text.Length));
}
