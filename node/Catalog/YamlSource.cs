using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Catalog.Sources;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace PmOrleans.Node.Catalog;

/// <summary>Reads the text of one file, YAML or JSON (which is YAML in flow style), into source nodes.</summary>
/// <remarks>
/// Works on the parser's events and not on its document model: depth and aliases are bounded while reading, before anything large or
/// deep is built.
/// </remarks>
internal sealed class YamlSource
{
    private readonly SourceFile _file;
    private readonly DiagnosticBag _bag;
    private readonly Dictionary<string, (SourceNode Node, int Size)> _anchors = new(StringComparer.Ordinal);
    private readonly Parser _parser;
    private readonly int _aliasAllowance;
    private int _nodes;

    private YamlSource(SourceFile file, DiagnosticBag bag, int aliasAllowance)
    {
        (_file, _bag, _aliasAllowance) = (file, bag, aliasAllowance);
        _parser = new Parser(new Scanner(new StringReader(file.Text), skipComments: true));
    }

    private int AliasedNodes { get; set; }

    /// <summary>The documents of the file; none when it has a syntax error, which is then in the bag.</summary>
    /// <param name="aliasAllowance">Nodes that aliases may still stand for; reduced by those of this file.</param>
    public static IReadOnlyList<SourceNode> Read(SourceFile file, DiagnosticBag bag, ref int aliasAllowance)
    {
        var source = new YamlSource(file, bag, aliasAllowance);
        try
        {
            return source.Documents();
        }
        catch (SourceException e)
        {
            bag.Error(e.Code, file, e.Offset, "", e.Message, e.Hint);
        }
        catch (YamlException e)
        {
            var at = e.Message.Contains("tab", StringComparison.Ordinal) ? IndentingTab(file.Text, (int)e.Start.Index) : (int)e.Start.Index;
            bag.Error(CatalogCodes.Syntax, file, at, "", Sentence(e.Message), YamlHints.Of(file.Text, at, e.Message));
        }
        // The scanner indexes into its look-ahead buffer with too little care on some malformed input.
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or IndexOutOfRangeException or FormatException or OverflowException)
        {
            var at = Offset(source._parser.Current);
            bag.Error(CatalogCodes.Syntax, file, at, "", "This cannot be read as YAML.", YamlHints.Of(file.Text, at, ""));
        }
        finally
        {
            aliasAllowance -= source.AliasedNodes;
        }

        return [];
    }

    private List<SourceNode> Documents()
    {
        List<SourceNode> documents = [];
        while (_parser.MoveNext())
        {
            if (_parser.Current is DocumentStart or DocumentEnd or StreamStart or StreamEnd)
                continue;
            documents.Add(Node(depth: 1));
            _anchors.Clear();
        }

        return documents;
    }

    private SourceNode Node(int depth)
    {
        var current = _parser.Current!;
        if (depth > CatalogLimits.Depth)
            throw new SourceException(CatalogCodes.TooDeep, Offset(current), $"Nested deeper than {CatalogLimits.Depth} levels.");
        if (current is AnchorAlias alias)
            return Aliased(alias);

        var before = _nodes++;
        SourceNode node = current switch
        {
            Scalar scalar => Scalar(scalar),
            SequenceStart start => List(start, depth),
            MappingStart start => Map(start, depth),
            _ => throw new SourceException(CatalogCodes.Syntax, Offset(current), "Something is missing here."),
        };
        // Recorded when complete, so that no node can contain itself.
        if (current is NodeEvent { Anchor.IsEmpty: false } anchored)
            _anchors[anchored.Anchor.Value] = (node, _nodes - before);
        return node;
    }

    private SourceNode Aliased(AnchorAlias alias)
    {
        if (!_anchors.TryGetValue(alias.Value.Value, out var anchor))
            throw new SourceException(CatalogCodes.Syntax, Offset(alias), $"Nothing before this place is marked &{alias.Value.Value}.", "text that begins with * goes in quotes; an alias *x repeats what was marked &x further up");
        // A size counts what aliases inside stand for, so it grows as fast as a bomb would; saturate.
        AliasedNodes = (int)Math.Min(int.MaxValue, (long)AliasedNodes + anchor.Size);
        _nodes = (int)Math.Min(int.MaxValue / 2, (long)_nodes + anchor.Size);
        if (AliasedNodes > _aliasAllowance)
            throw new SourceException(CatalogCodes.TooLarge, Offset(alias), $"Aliases stand for more than {CatalogLimits.AliasedNodes:N0} nodes.");
        return anchor.Node;
    }

    private SourceList List(SequenceStart start, int depth)
    {
        CheckTag(start);
        List<SourceNode> items = [];
        while (Next() is not SequenceEnd)
            items.Add(Node(depth + 1));
        return new SourceList(_file, Offset(start), items);
    }

    private SourceMap Map(MappingStart start, int depth)
    {
        CheckTag(start);
        List<SourceEntry> entries = [];
        Dictionary<string, SourceScalar> seen = new(StringComparer.Ordinal);
        while (Next() is not MappingEnd)
        {
            var at = Offset(_parser.Current);
            if (Node(depth + 1) is not SourceScalar key)
                throw new SourceException(CatalogCodes.Syntax, at, "A key must be a text.");
            Next();
            var value = Node(depth + 1);
            if (seen.TryAdd(key.Text, key))
            {
                entries.Add(new SourceEntry(key, value));
            }
            else
            {
                var (line, _) = _file.Locate(seen[key.Text].Offset);
                _bag.Error(
                    CatalogCodes.DuplicateKey, key, "", $"'{key.Text}' is written twice in one mapping.", $"it is in line {line} already");
            }
        }

        return new SourceMap(_file, Offset(start), entries);
    }

    private SourceScalar Scalar(Scalar scalar)
    {
        CheckTag(scalar);
        var style = scalar.Style switch
        {
            YamlDotNet.Core.ScalarStyle.SingleQuoted => Decisioning.Catalog.Sources.ScalarStyle.SingleQuoted,
            YamlDotNet.Core.ScalarStyle.DoubleQuoted => Decisioning.Catalog.Sources.ScalarStyle.DoubleQuoted,
            YamlDotNet.Core.ScalarStyle.Literal => Decisioning.Catalog.Sources.ScalarStyle.Literal,
            YamlDotNet.Core.ScalarStyle.Folded => Decisioning.Catalog.Sources.ScalarStyle.Folded,
            _ => Decisioning.Catalog.Sources.ScalarStyle.Plain,
        };
        return new SourceScalar(_file, Offset(scalar), (int)scalar.End.Index, scalar.Value, style);
    }

    private static void CheckTag(NodeEvent node)
    {
        if (!node.Tag.IsEmpty && !node.Tag.IsNonSpecific)
            throw new SourceException(CatalogCodes.Syntax, Offset(node), $"Tags such as {node.Tag.Value} have no meaning here.", "leave the tag out; text that begins with ! or looks like a number goes in quotes");
    }

    private ParsingEvent Next() =>
        _parser.MoveNext() ? _parser.Current! : throw new SourceException(CatalogCodes.Syntax, _file.Text.Length, "The file ends too early.");

    private static int Offset(ParsingEvent? e) => e is null ? 0 : (int)e.Start.Index;

    private static string Sentence(string message) => message.Length > 0 && message[^1] is not ('.' or '!') ? message + "." : message;

    // The scanner reports a tab in the indentation at the beginning of the mapping above it.
    private static int IndentingTab(string text, int from)
    {
        for (var start = from; start >= 0 && start < text.Length; start = text.IndexOf('\n', start) + 1)
        {
            var indent = text.AsSpan(start).IndexOfAnyExcept(' ');
            if (indent >= 0 && text[start + indent] == '\t')
                return start + indent;
            if (text.IndexOf('\n', start) < 0)
                break;
        }

        return from;
    }

    private sealed class SourceException(string code, int offset, string message, string? hint = null) : Exception(message)
    {
        public string Code => code;

        public int Offset => offset;

        public string? Hint => hint;
    }
}
