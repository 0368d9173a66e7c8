using System.Collections.Immutable;
using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Catalog.Sources;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>Reads <c>suppression: [ { on: ignored, per: campaign, after: 5, within: 7d, pause: 14d } ]</c>.</summary>
internal sealed class SuppressionReader(CompileContext context)
{
    private static readonly string[] Known = ["id", "on", "per", "channel", "category", "after", "within", "pause"];

    private static readonly (string, SuppressOn)[] Events = [("ignored", SuppressOn.Ignored), ("dismiss", SuppressOn.Dismiss)];

    private static readonly (string Name, CapPer Value)[] Scopes =
    [
        ("offer", CapPer.Offer), ("campaign", CapPer.Campaign), ("category", CapPer.Category), ("channel", CapPer.Channel), ("all", CapPer.All),
    ];

    private readonly Dictionary<string, SourceNode> _places = new(StringComparer.Ordinal);

    public ImmutableArray<SuppressionRule> Read(IReadOnlyList<SourceNode> nodes)
    {
        var rules = ImmutableArray.CreateBuilder<SuppressionRule>();
        for (var i = 0; i < nodes.Count; i++)
        {
            if (Fields.Of(context, nodes[i], $"suppression/{i + 1}", Known) is { } fields && Read(fields) is { } rule)
                rules.Add(rule);
        }

        return rules.ToImmutable();
    }

    private SuppressionRule? Read(Fields fields)
    {
        var complete = fields.Require("on", "ignored or dismiss") & fields.Require("per", "offer, campaign, category, channel or all") & fields.Require("pause", "e.g. pause: 14d");
        var on = fields.Choice("on", SuppressOn.Ignored, Events);
        var per = fields.Choice("per", CapPer.Offer, Scopes);
        if (on == SuppressOn.Ignored && fields.Node("on") is not null)
            complete &= fields.Require("after", "how many, e.g. after: 5");
        var after = fields.Whole("after", 1, CapReader.HighestLimit) ?? 1;
        if (after > 1)
            complete &= fields.Require("within", "e.g. within: 7d");
        var within = fields.Duration("within", TimeSpan.FromSeconds(1), Durations.Longest) ?? Durations.Longest;
        var pause = fields.Duration("pause", TimeSpan.FromMinutes(1), Durations.Longest);
        var (only, number) = Only(fields, per);
        var explicitId = fields.Id("id");
        if (!complete || pause is null)
            return null;
        var scope = Scopes.First(entry => entry.Value == per).Name + (only is null ? "" : ":" + only);
        var id = explicitId ?? $"{Events.First(entry => entry.Item2 == on).Item1}/{scope}";
        if (!_places.TryAdd(id, fields.Source))
        {
            var (line, column) = _places[id].File.Locate(_places[id].Offset);
            context.Bag.Error(
                CatalogCodes.DuplicateId, fields.Source, fields.Path, $"Two suppressions have the id '{id}'.",
                explicitId is null ? "give one of them an id" : $"the other one: {_places[id].File.Path}:{line}:{column}");
            return null;
        }

        return new SuppressionRule(id, context.Number(IdKind.Suppression, id, scope, fields.Source, fields.Path), on, per, number, after, within, pause.Value);
    }

    private (string? Name, int Number) Only(Fields fields, CapPer per)
    {
        (string? Name, int Number) only = (null, 0);
        foreach (var (key, value, kind) in new[] { ("channel", CapPer.Channel, IdKind.Channel), ("category", CapPer.Category, IdKind.Category) })
        {
            if (fields.Node(key) is not { } node)
                continue;
            if (per != value)
                context.Bag.Error(CatalogCodes.BadCap, node, fields.PathOf(key), $"'{key}' needs per: {key}.");
            else if (fields.Id(key) is { } name)
                only = (name, context.Number(kind, name, null, node, fields.PathOf(key)));
        }

        return only;
    }
}
