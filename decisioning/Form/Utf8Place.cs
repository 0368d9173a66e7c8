using System.Text;

namespace PmOrleans.Decisioning.Form;

/// <summary>Places in a text as editors show them, from places in its bytes.</summary>
public static class Utf8Place
{
    /// <summary>The column of a place: from 1, in UTF-16 units.</summary>
    /// <param name="text">In UTF-8, with line ends of <c>\n</c>.</param>
    /// <param name="line">From 0; one beyond the text is taken for its last.</param>
    /// <param name="bytes">Of that line before the place; as many as there are at most.</param>
    public static int Column(ReadOnlySpan<byte> text, long line, long bytes)
    {
        for (var end = text.IndexOf((byte)'\n'); line > 0 && end >= 0; end = text.IndexOf((byte)'\n'), line--)
        {
            text = text[(end + 1)..];
        }

        return Encoding.UTF8.GetCharCount(text[..(int)Math.Clamp(bytes, 0, text.Length)]) + 1;
    }
}
