using System.Collections.Immutable;
using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Catalog.Sources;
using PmOrleans.Decisioning.Segments;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>Reads segments and brings them into an order in which each comes after those it uses.</summary>
internal sealed class SegmentReader(CompileContext context, RuleTable rules)
{
    private static readonly string[] Known = ["name", "rule", "sums"];

    private static readonly SourceFile BuiltIn = new("", "");

    private readonly Dictionary<string, Draft> _drafts = new(StringComparer.Ordinal);
    private readonly List<Segment> _ordered = [];
    private readonly Dictionary<string, int> _ordinals = new(StringComparer.Ordinal);
    private readonly List<string> _stack = [];
    private readonly HashSet<string> _done = new(StringComparer.Ordinal);

    /// <param name="builtIn">Segments that come with the catalog; their ids are taken.</param>
    public ImmutableArray<Segment> Read(
        IReadOnlyList<(string Id, SourceEntry Entry)> entries, IReadOnlyList<(string Id, string Name, string Rule)> builtIn)
    {
        foreach (var (id, name, rule) in builtIn)
        {
            var scalar = new SourceScalar(BuiltIn, 0, 0, rule, ScalarStyle.Plain);
            _drafts.Add(id, new Draft(scalar, scalar, $"segments/{id}", name, rules.Add(scalar, $"segments/{id}")!, []));
        }

        foreach (var (id, entry) in entries)
        {
            if (_drafts.ContainsKey(id) && builtIn.Any(segment => segment.Id == id))
                context.Bag.Error(CatalogCodes.DuplicateId, entry.Key, $"segments/{id}", $"'{id}' comes with the section rfm.", "take another id");
            else if (Read(id, entry) is { } draft)
                _drafts.Add(id, draft);
        }

        // The catalog's own first: the lowest numbers take the least room in a profile.
        foreach (var id in entries.Select(entry => entry.Id).Concat(builtIn.Select(segment => segment.Id)))
            Visit(id);
        return [.. _ordered];
    }

    private Draft? Read(string id, SourceEntry entry)
    {
        var path = $"segments/{id}";
        string? name = null;
        SourceScalar? rule;
        ImmutableArray<SegmentAmountDefinition> sums = [];
        if (entry.Value is SourceScalar { IsNothing: false } only)
        {
            rule = only;
        }
        else if (Fields.Of(context, entry.Value, path, Known) is { } fields)
        {
            name = fields.Text("name");
            sums = Sums(fields);
            rule = fields.Require("rule", "e.g. rule: metrics.views7d > 3") ? fields.Scalar("rule") : null;
            path = fields.PathOf("rule");
        }
        else
        {
            return null;
        }

        if (rule is null || rules.Add(rule, path) is not { } compiled)
            return null;
        if (compiled.WholeListAt >= 0)
        {
            context.Bag.Error(
                CatalogCodes.SegmentCycle, rule.File, rule.OffsetOf(compiled.WholeListAt), path, "A segment may ask for other segments only by name.",
                "write 'other' in segments");
        }

        return new Draft(entry.Key, rule, path, name, compiled, sums);
    }

    private ImmutableArray<SegmentAmountDefinition> Sums(Fields fields)
    {
        var path = fields.PathOf("sums");
        var sums = ImmutableArray.CreateBuilder<SegmentAmountDefinition>();
        foreach (var (_, scalar) in fields.Names("sums"))
        {
            if (rules.Number(scalar, path) is { } expression)
            {
                sums.Add(new SegmentAmountDefinition(
                    scalar.Text, context.Number(IdKind.SegmentAmount, expression.Canonical, null, scalar, path), SegmentAmountSource.Expression, expression));
            }
        }

        return [.. sums.DistinctBy(sum => sum.Number)];
    }

    private void Visit(string id)
    {
        if (_done.Contains(id) || !_drafts.TryGetValue(id, out var draft))
            return;
        var at = _stack.IndexOf(id);
        if (at >= 0)
        {
            var cycle = string.Join(" -> ", _stack.Skip(at).Append(id));
            context.Bag.Error(
                CatalogCodes.SegmentCycle, draft.Rule, draft.Path, $"Segments use each other in a circle: {cycle}.",
                "one of them must do without the next");
            return;
        }

        // A chain of segments as long as the stack is deep would crash the process; nobody needs it.
        if (_stack.Count >= 100)
        {
            context.Bag.Error(CatalogCodes.SegmentCycle, draft.Rule, draft.Path, "Segments use each other over more than 100 steps.");
            return;
        }

        _stack.Add(id);
        foreach (var used in draft.Compiled.Segments)
            Visit(used);
        _stack.RemoveAt(_stack.Count - 1);
        if (_done.Add(id))
        {
            _ordered.Add(new Segment(id, context.Number(IdKind.Segment, id, null, draft.Key, $"segments/{id}"), _ordered.Count, draft.Compiled.Index, draft.Name)
            {
                Uses = [.. draft.Compiled.Segments.Where(_ordinals.ContainsKey).Select(used => _ordinals[used]).Distinct().Order()],
                Sums = draft.Sums,
                IsOfRfm = draft.Rule.File == BuiltIn,
            });
            _ordinals.Add(id, _ordered.Count - 1);
        }
    }

    private sealed record Draft(SourceScalar Key, SourceScalar Rule, string Path, string? Name, RuleTable.Entry Compiled,
        ImmutableArray<SegmentAmountDefinition> Sums);
}
