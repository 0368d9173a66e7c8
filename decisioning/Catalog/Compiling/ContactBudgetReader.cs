using System.Collections.Frozen;
using System.Collections.Immutable;
using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Catalog.Sources;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>Reads <c>contactBudget: [ { limit: 10, within: 7d, weights: { email: 2, web: 0 } } ]</c>: caps over everything, in which channels weigh differently.</summary>
internal sealed class ContactBudgetReader(CompileContext context)
{
    public const int HighestWeight = 1_000;

    private static readonly string[] Known = ["id", "event", "limit", "within", "weights"];

    private static readonly (string, CappedEvent)[] Events = [("impression", CappedEvent.Impression), ("decision", CappedEvent.Decision)];

    private readonly Dictionary<string, (SourceNode At, int Number)> _channels = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SourceNode> _places = new(StringComparer.Ordinal);

    /// <summary>Channels that have a weight, with their numbers.</summary>
    public IEnumerable<(string Channel, int Number, SourceNode At)> Channels => _channels.Select(entry => (entry.Key, entry.Value.Number, entry.Value.At));

    public ImmutableArray<CapDraft> Read(IReadOnlyList<SourceNode> nodes)
    {
        var budgets = ImmutableArray.CreateBuilder<CapDraft>();
        for (var i = 0; i < nodes.Count; i++)
        {
            if (Fields.Of(context, nodes[i], $"contactBudget/{i + 1}", Known) is { } fields && Read(fields) is { } budget)
                budgets.Add(budget);
        }

        return budgets.ToImmutable();
    }

    private CapDraft? Read(Fields fields)
    {
        var complete = fields.Require("limit", "e.g. limit: 10") & fields.Require("within", "e.g. within: 7d");
        var counted = fields.Choice("event", CappedEvent.Impression, Events);
        var limit = fields.Whole("limit", 0, CapReader.HighestLimit, CatalogCodes.BadCap);
        var window = fields.Duration("within", TimeSpan.FromSeconds(1), Durations.Longest);
        var weights = Weights(fields);
        var explicitId = fields.Id("id");
        if (!complete || limit is null || window is null)
            return null;
        var name = Events.First(entry => entry.Item2 == counted).Item1;
        var id = explicitId ?? $"contact-budget/{name}/{Durations.Text(window.Value)}";
        if (!_places.TryAdd(id, fields.Source))
        {
            var (line, column) = _places[id].File.Locate(_places[id].Offset);
            context.Bag.Error(
                CatalogCodes.DuplicateId, fields.Source, fields.Path, $"Two contact budgets have the id '{id}'.", $"the other one: {_places[id].File.Path}:{line}:{column}");
            return null;
        }

        foreach (var (channel, (_, weighed)) in _channels)
        {
            if (limit > 0 && weights.TryGetValue(weighed, out var weight) && weight > limit)
            {
                context.Bag.Warning(
                    CatalogCodes.ShutCap, fields.Node("weights")!, fields.PathOf("weights"),
                    $"A contact in channel '{channel}' weighs {weight} and the limit is {limit}: nothing in it is ever shown.", "raise the limit, or lower the weight");
            }
        }

        var number = context.Number(IdKind.Cap, id, $"contactBudget/{name}", fields.Source, fields.Path);
        var cap = new Cap(id, number, counted, CapPer.All, limit.Value, window.Value) { ChannelToWeight = weights };
        return new CapDraft(cap, null, null, null, fields.Source, fields.Path);
    }

    private FrozenDictionary<int, int> Weights(Fields fields)
    {
        if (fields.Node("weights") is not SourceMap map)
        {
            if (fields.Node("weights") is { } other)
                context.Bag.Error(CatalogCodes.WrongType, other, fields.PathOf("weights"), $"Here stands {other.Kind}; a mapping is expected.", "e.g. { email: 2, web: 0 }");
            return FrozenDictionary<int, int>.Empty;
        }

        string[] names = [.. map.Entries.Select(entry => entry.Key.Text)];
        var channels = Fields.Of(context, map, fields.PathOf("weights"), names)!;
        Dictionary<int, int> weights = [];
        foreach (var entry in map.Entries)
        {
            var channel = entry.Key.Text.Trim();
            if (Ids.Problem(channel) is { } problem)
            {
                context.Bag.Error(CatalogCodes.BadId, entry.Key, fields.PathOf("weights"), problem);
                continue;
            }

            var number = context.Number(IdKind.Channel, channel, null, entry.Key, channels.PathOf(channel));
            _channels.TryAdd(channel, (entry.Key, number));
            if (channels.Whole(entry.Key.Text, 0, HighestWeight, CatalogCodes.BadCap) is { } weight)
                weights[number] = weight;
        }

        return weights.ToFrozenDictionary();
    }
}
