using System.Collections.Immutable;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Rules;

namespace PmOrleans.Decisioning.Decisions;

/// <summary>Where a slot of the rules gets its value from.</summary>
internal enum SlotSource : byte
{
    Unknown,
    Attribute,
    LastChannel,
    Metric,
    Count,
    Value,
    Recency,
    Segments,
    Consent,
    Context,
    Rfm,
}

/// <param name="Name">Attribute, touchpoint type, purpose or context field.</param>
internal readonly record struct SlotBinding(SlotSource Source, string Name, AttributeDefinition? Attribute, MetricDefinition? Metric)
{
    /// <summary>As the slot was declared.</summary>
    public CelType Type { get; init; } = CelType.Dyn;
}

/// <summary>For every slot of a catalog's rules, where its value comes from. Immutable, one per catalog version.</summary>
public sealed class RuleBindings
{
    private readonly ImmutableArray<SlotBinding> _bindings;

    public RuleBindings(CatalogSnapshot catalog)
    {
        var builder = ImmutableArray.CreateBuilder<SlotBinding>();
        foreach (var slot in catalog.Schema.Slots)
        {
            builder.Add(Bind(slot.Variable, slot.Field ?? "", catalog) with { Type = slot.Type });
        }

        _bindings = builder.ToImmutable();
    }

    public int Count => _bindings.Length;

    internal ref readonly SlotBinding this[int slot] => ref _bindings.ItemRef(slot);

    private static SlotBinding Bind(string variable, string field, CatalogSnapshot catalog) => variable switch
    {
        "customer" when catalog.AttributeByName.TryGetValue(field, out var attribute) => new(SlotSource.Attribute, field, attribute, null),
        "customer" when field == "lastChannel" => new(SlotSource.LastChannel, field, null, null),
        "metrics" when catalog.Metrics.FirstOrDefault(metric => metric.Name == field) is { } metric => new(SlotSource.Metric, field, null, metric),
        "counts" => new(SlotSource.Count, field, null, null),
        "value" => new(SlotSource.Value, field, null, null),
        "recency" => new(SlotSource.Recency, field, null, null),
        "segments" => new(SlotSource.Segments, field, null, null),
        "consent" => new(SlotSource.Consent, field, null, null),
        "context" => new(SlotSource.Context, field, null, null),
        "rfm" => new(SlotSource.Rfm, field, null, null),
        _ => new(SlotSource.Unknown, field, null, null),
    };
}
