using System.Collections.Immutable;
using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Catalog.Shapes;
using PmOrleans.Decisioning.Catalog.Sources;
using PmOrleans.Decisioning.Rules;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>Compiles rules, each distinct text once and each distinct meaning under one index.</summary>
internal sealed class RuleTable(CompileContext context, RuleSchema schema, RuleReferences references)
{
    public const int MaxLength = 10_000;

    /// <summary>Fewer are not worth the other processors.</summary>
    private const int LeastTogether = 64;

    private static readonly string[] RuleKeys = ["eligibility", "rule", "when", "audience"];

    /// <summary>No rule, or one with errors: what always holds.</summary>
    public const int None = -1;

    private readonly ImmutableArray<CompiledRule>.Builder _rules = ImmutableArray.CreateBuilder<CompiledRule>();
    private readonly Dictionary<string, int> _canonicalToIndex = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Entry> _sourceToEntry = new(StringComparer.Ordinal);

    private readonly Dictionary<string, RuleCompilation> _prepared = new(StringComparer.Ordinal);

    public CompiledRule this[int index] => _rules[index];

    /// <summary>Compiles what looks like a rule in these entries, many at a time; reading them later finds it done.</summary>
    public void Prepare(IEnumerable<SourceNode> entries)
    {
        var texts = new List<string>();
        foreach (var entry in entries)
            Collect(entry, texts);
        string[] distinct = [.. texts.Where(text => text.Length <= MaxLength).Distinct(StringComparer.Ordinal)];
        if (distinct.Length < LeastTogether)
            return;
        foreach (var (text, compilation) in distinct.Zip(RuleCompiler.CompileAll(distinct, schema, CelType.Bool)))
            _prepared.Add(text, compilation);
    }

    // As deep as the documents are allowed to be.
    private static void Collect(SourceNode node, List<string> texts)
    {
        switch (node)
        {
            case SourceMap map:
                foreach (var entry in map.Entries)
                {
                    if (entry.Value is not SourceScalar scalar)
                        Collect(entry.Value, texts);
                    else if (RuleKeys.Contains(entry.Key.Text) && !scalar.IsNothing)
                        texts.Add(scalar.Text);
                }

                break;
            case SourceList list:
                foreach (var item in list.Items)
                    Collect(item, texts);
                break;
        }
    }

    public ImmutableArray<CompiledRule> ToImmutable() => _rules.ToImmutable();

    public int Add(SourceNode? node, string path)
    {
        context.Shape?.Value(path, ShapeValue.Of(ShapeKind.Rule));
        switch (node)
        {
            case null:
                return None;
            case SourceScalar scalar:
                return Add(scalar, path)?.Index ?? None;
            default:
                context.Bag.Error(
                    CatalogCodes.WrongType, node, path, $"Here stands {node.Kind}; a rule is expected.",
                    "put the rule in quotes or after a |");
                return None;
        }
    }

    /// <summary>The rule with what it says about segments; <c>null</c> when it has errors, which are then in the bag.</summary>
    public Entry? Add(SourceScalar scalar, string path)
    {
        context.Shape?.Value(path, ShapeValue.Of(ShapeKind.Rule));
        var source = scalar.Text;
        if (source.Length > MaxLength)
        {
            context.Bag.Error(
                CatalogCodes.RuleTooLong, scalar, path, $"A rule has at most {MaxLength:#,0} characters; this one has {source.Length:#,0}.",
                "split it into segments");
            return null;
        }

        if (!_sourceToEntry.TryGetValue(source, out var entry))
        {
            entry = Compile(source);
            _sourceToEntry.Add(source, entry);
        }

        foreach (var finding in entry.Findings)
            Report(finding, scalar, path);
        return entry.Index == None ? null : entry;
    }

    /// <summary>An expression that gives a number; <c>null</c> when it has errors, which are then in the bag.</summary>
    public CompiledRule? Number(SourceScalar scalar, string path)
    {
        var source = scalar.Text;
        var compilation = RuleCompiler.Compile(source, schema, CelType.Dyn);
        IEnumerable<RuleFinding> findings = Errors(source, compilation);
        if (compilation.Rule is { } rule)
        {
            findings = references.In(source).Findings;
            if (rule.Slots.Any(slot => schema.Slots[slot].Variable == "context"))
            {
                findings = findings.Append(new RuleFinding(
                    CatalogSeverity.Error, CatalogCodes.Rule, 0, "Between requests there is no context to read.", "use metrics, attributes, counts or value"));
            }

            if (rule.ResultType.Kind is not (CelTypeKind.Int or CelTypeKind.Double))
            {
                findings = findings.Append(new RuleFinding(
                    CatalogSeverity.Error, CatalogCodes.Rule, 0, $"This must give a number, but it gives {rule.ResultType}.", "e.g. metrics.spend30d"));
            }
        }

        var isWrong = false;
        foreach (var finding in findings)
        {
            isWrong |= finding.Severity == CatalogSeverity.Error;
            Report(finding, scalar, path);
        }

        return isWrong ? null : compilation.Rule;
    }

    private static IEnumerable<RuleFinding> Errors(string source, RuleCompilation compilation) => compilation.Diagnostics.Select(error =>
        new RuleFinding(CatalogSeverity.Error, CatalogCodes.Rule, OffsetOf(source, error.Line, error.Column), error.Message, error.Hint));

    private Entry Compile(string source)
    {
        var compilation = _prepared.TryGetValue(source, out var prepared) ? prepared : RuleCompiler.Compile(source, schema, CelType.Bool);
        if (!compilation.Succeeded)
            return new Entry(None, [.. Errors(source, compilation)], [], -1);

        var (findings, segments, wholeListAt) = references.In(source);
        var rule = compilation.Rule;
        if (!_canonicalToIndex.TryGetValue(rule.Canonical, out var index))
        {
            index = _rules.Count;
            _rules.Add(rule);
            _canonicalToIndex.Add(rule.Canonical, index);
        }

        return new Entry(index, findings, segments, wholeListAt);
    }

    private void Report(RuleFinding finding, SourceScalar scalar, string path)
    {
        var offset = scalar.OffsetOf(finding.Offset);
        var (line, column) = scalar.File.Locate(offset);
        context.Bag.Report(
            new CatalogDiagnostic(finding.Severity, finding.Code, scalar.File.Path, line, column, path, finding.Message, finding.Hint));
    }

    /// <summary>The offset of a place that a diagnostic names.</summary>
    public static int OffsetOf(string source, int line, int column)
    {
        var at = 0;
        for (; line > 1 && source.IndexOf('\n', at) is var next and >= 0; line--)
            at = next + 1;
        return at + column - 1;
    }

    /// <param name="Index">In the snapshot's rules, or <see cref="None"/>.</param>
    /// <param name="Segments">Segments asked for by name.</param>
    /// <param name="WholeListAt">Where <c>segments</c> is used without naming one, or -1.</param>
    internal sealed record Entry(int Index, IReadOnlyList<RuleFinding> Findings, IReadOnlyList<string> Segments, int WholeListAt);
}
