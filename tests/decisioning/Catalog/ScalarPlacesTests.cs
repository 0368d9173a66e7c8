using PmOrleans.Decisioning.Catalog.Sources;

namespace PmOrleans.Decisioning.Tests.Catalog;

public sealed class ScalarPlacesTests
{
    // A break and the blanks around it stand for each other as a whole: a place in them is that of what follows.
    [Theory]
    [InlineData("k: abc", 3, 6, "abc", ScalarStyle.Plain, "3 4 5")]
    [InlineData("'a''b'", 0, 6, "a'b", ScalarStyle.SingleQuoted, "1 2 4")]
    [InlineData("\"a\\nb\\u00e9c\"", 0, 12, "a\nbéc", ScalarStyle.DoubleQuoted, "1 2 4 5 11")]
    [InlineData("|\n  ab\n    cd\n", 0, 14, "ab\n  cd\n", ScalarStyle.Literal, "4 5 6 11 11 11 12 13")]
    [InlineData(">\n  ab\n  cd\n", 0, 12, "ab cd\n", ScalarStyle.Folded, "4 5 6 9 10 11")]
    [InlineData("&x ab", 0, 5, "ab", ScalarStyle.Plain, "3 4")]
    public void a_character_of_a_value_is_found_in_the_file(string text, int offset, int end, string value, ScalarStyle style, string expected)
    {
        var scalar = new SourceScalar(new SourceFile("a.yaml", text), offset, end, value, style);

        var found = Enumerable.Range(0, value.Length).Select(scalar.OffsetOf);

        Assert.Equal(expected, string.Join(' ', found));
    }

    [Fact]
    public void a_place_beyond_the_value_is_its_end()
    {
        var scalar = new SourceScalar(new SourceFile("a.yaml", "k: abc"), 3, 6, "abc", ScalarStyle.Plain);

        Assert.Equal(6, scalar.OffsetOf(100));
    }
}
