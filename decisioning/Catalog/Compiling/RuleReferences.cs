using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Rules;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>What a rule's literals refer to, which the type checker cannot know: segments, purposes of consent, values of attributes.</summary>
internal sealed class RuleReferences
{
    private static readonly string[] ConsentStates = ["granted", "denied"];

    /// <summary>What any kind of touchpoint may be asked of.</summary>
    private static readonly string[] OfTouchpoints = ["counts", "value", "recency"];

    private readonly CompileContext _context;
    private readonly IReadOnlySet<string> _segments;
    private readonly IReadOnlyDictionary<string, ConsentRequirement> _consents;
    private readonly Dictionary<string, AttributeDefinition> _attributes;
    private readonly HashSet<string> _metrics;
    private readonly KnownTouchpoints _touchpoints;
    private readonly List<RuleFinding> _findings = [];
    private readonly List<string> _used = [];

    public RuleReferences(CompileContext context, IReadOnlySet<string> segments, Declarations declarations, KnownTouchpoints touchpoints)
    {
        (_context, _segments, _consents, _touchpoints) = (context, segments, declarations.Consents, touchpoints);
        _metrics = declarations.Metrics.Select(metric => metric.Name).ToHashSet(StringComparer.Ordinal);
        _attributes = declarations.Attributes.ToDictionary(attribute => attribute.Name, StringComparer.Ordinal);
    }

    /// <param name="source">A rule that compiles.</param>
    /// <returns>Findings; segments asked for by name; where <c>segments</c> is used in another way, or -1.</returns>
    public (IReadOnlyList<RuleFinding> Findings, IReadOnlyList<string> Segments, int WholeListAt) In(string source)
    {
        _findings.Clear();
        _used.Clear();
        WholeListAt = -1;
        var errors = new RuleErrors(source);
        if (RuleParser.Parse(new RuleLexer(source, errors).Run(), errors) is { } expr)
            Walk(expr);
        return ([.. _findings], [.. _used], WholeListAt);
    }

    private int WholeListAt { get; set; }

    // As deep as the parser allows, 200 levels.
    private void Walk(RuleExpr? expr)
    {
        switch (expr)
        {
            case NameExpr { Name: "segments" }:
                WholeListAt = expr.Offset;
                break;
            case SelectExpr select:
                Select(select);
                break;
            case CallExpr call:
                Call(call);
                break;
            case LogicExpr logic:
                WalkAll(logic.Operands);
                break;
            case ConditionalExpr conditional:
                WalkAll(conditional.Condition, conditional.Then, conditional.Otherwise);
                break;
            case ListExpr list:
                WalkAll(list.Elements);
                break;
            case MapExpr map:
                WalkAll(map.Keys);
                WalkAll(map.Values);
                break;
            case MacroExpr macro:
                WalkAll(macro.Range, macro.Condition, macro.Body);
                break;
        }
    }

    private void WalkAll(params ReadOnlySpan<RuleExpr?> expressions)
    {
        foreach (var expr in expressions)
            Walk(expr);
    }

    private void Select(SelectExpr select)
    {
        if (select.Operand is NameExpr { Name: "consent" } && !_consents.ContainsKey(select.Field))
        {
            Found(
                CatalogSeverity.Error, CatalogCodes.UnknownReference, select, $"There is no consent '{select.Field}'.",
                _context.DidYouMeanOrList(select.Field, [.. _consents.Keys], "consent"));
        }

        if (select.Operand is NameExpr owner)
            Touchpoint(owner.Name, select.Field, select);
        Walk(select.Operand);
    }

    private void Touchpoint(string owner, string type, RuleExpr at)
    {
        if (!OfTouchpoints.Contains(owner, StringComparer.Ordinal))
            return;
        if (_metrics.Contains(type) && !_touchpoints.Contains(type))
        {
            Found(
                CatalogSeverity.Warning, CatalogCodes.UnknownTouchpoint, at, $"'{type}' is a metric, and '{owner}' is about kinds of touchpoint.",
                $"did you mean 'metrics.{type}'?");
        }
        else if (_touchpoints.Meant(type) is { } near)
        {
            Found(CatalogSeverity.Warning, CatalogCodes.UnknownTouchpoint, at, KnownTouchpoints.Message(type), $"did you mean '{owner}.{near}'?");
        }
    }

    private void Call(CallExpr call)
    {
        if (call.Function == RuleOperators.In && call.Arguments is [LiteralExpr { Value.Kind: CelKind.String } id, NameExpr { Name: "segments" }])
        {
            Segment(id);
            return;
        }

        if (call is { Function: RuleOperators.Index, Arguments: [NameExpr owner, LiteralExpr { Value.Kind: CelKind.String } field] })
            Touchpoint(owner.Name, field.Value.AsString(), field);
        if (call.Function is RuleOperators.Equal or RuleOperators.NotEqual)
        {
            Compare(call.Arguments[0], call.Arguments[1]);
            Compare(call.Arguments[1], call.Arguments[0]);
        }
        else if (call is { Function: RuleOperators.In, Arguments: [var left, ListExpr list] })
        {
            foreach (var element in list.Elements)
                Compare(left, element);
        }

        WalkAll(call.Arguments);
    }

    private void Segment(LiteralExpr literal)
    {
        var id = literal.Value.AsString();
        _used.Add(id);
        if (!_segments.Contains(id))
        {
            Found(
                CatalogSeverity.Error, CatalogCodes.UnknownReference, literal, $"There is no segment '{id}'.",
                _segments.Contains($"rfm.{id}") ? $"did you mean 'rfm.{id}'?"
                    : _context.DidYouMean(id, _segments) ?? _context.DidYouMeanOrList(id, [.. _segments.Where(segment => !segment.StartsWith("rfm.", StringComparison.Ordinal))], "segment"));
        }
    }

    private void Compare(RuleExpr left, RuleExpr right)
    {
        if (left is not SelectExpr { Operand: NameExpr owner, Test: false } select || right is not LiteralExpr { Value: { Kind: CelKind.String } value })
            return;
        var text = value.AsString();
        if (owner.Name == "customer" && _attributes.TryGetValue(select.Field, out var attribute) && !attribute.AllowedValues.IsEmpty
            && !attribute.AllowedValues.Contains(text, StringComparer.Ordinal))
        {
            Found(
                CatalogSeverity.Warning, CatalogCodes.ImpossibleValue, right, $"customer.{select.Field} is never '{text}'.",
                _context.DidYouMeanOrList(text, attribute.AllowedValues, "value"));
        }
        else if (owner.Name == "consent" && !ConsentStates.Contains(text, StringComparer.Ordinal))
        {
            Found(
                CatalogSeverity.Warning, CatalogCodes.ImpossibleValue, right, $"A consent is never '{text}'.",
                _context.DidYouMeanOrList(text, ConsentStates, "state"));
        }
    }

    private void Found(CatalogSeverity severity, string code, RuleExpr at, string message, string? hint) =>
        _findings.Add(new RuleFinding(severity, code, at.Offset, message, hint));
}
