using System.Collections.Immutable;
using PmOrleans.Decisioning.Identity;
using PmOrleans.Decisioning.Profiles;
using PmOrleans.Decisioning.Segments.Rfm;

namespace PmOrleans.Decisioning.Segments;

/// <content>Edges of RFM, and whom new ones concern.</content>
public sealed partial class SegmentFold
{
    /// <summary>Quintile edges over everybody the type was ever reported of.</summary>
    public RfmEdges TakeEdges(RfmDefinition definition, long nowMicros, int generation)
    {
        ArgumentNullException.ThrowIfNull(definition);
        if (!_amounts.TryGetValue(definition.LastAt.Number, out var lastAt) || lastAt.Count == 0)
        {
            return RfmEdges.None;
        }

        var counts = _amounts.GetValueOrDefault(definition.Count.Number) ?? new AmountValues();
        var values = _amounts.GetValueOrDefault(definition.Value.Number) ?? new AmountValues();
        QuantileSketch recency = new(), frequency = new(), value = new();
        foreach (var index in lastAt.Indexes())
        {
            recency.Add(nowMicros - lastAt[index]);
            frequency.Add(counts[index]);
            value.Add(values[index]);
        }

        return new RfmEdges(generation, nowMicros, lastAt.Count, Edges(recency), Edges(frequency), Edges(value));
    }

    /// <summary>How many customers an amount was reported of.</summary>
    public int CountOf(int amount) => _amounts.GetValueOrDefault(amount)?.Count ?? 0;

    /// <summary>Everybody an amount was reported of.</summary>
    public IReadOnlyList<CustomerKey> CustomersWith(int amount) =>
        _amounts.TryGetValue(amount, out var values) ? [.. values.Indexes().Select(index => _customers[index])] : [];

    /// <summary>Those of them whom new edges put into another cell than they are in, or whose recency score falls before a time.</summary>
    /// <param name="segmentOfCell">The segment of each cell (<see cref="RfmScores.Cell"/>).</param>
    /// <param name="untilMicros">Whoever is left out has the same scores until then, unless a touchpoint changes them.</param>
    public IReadOnlyList<CustomerKey> CustomersToScore(
        RfmDefinition definition, RfmEdges edges, IReadOnlyDictionary<int, int> segmentOfCell, long nowMicros, long untilMicros)
    {
        ArgumentNullException.ThrowIfNull(definition);
        ArgumentNullException.ThrowIfNull(edges);
        ArgumentNullException.ThrowIfNull(segmentOfCell);
        var concerned = new List<CustomerKey>();
        if (!_amounts.TryGetValue(definition.LastAt.Number, out var lastAt))
        {
            return concerned;
        }

        var counts = _amounts.GetValueOrDefault(definition.Count.Number) ?? new AmountValues();
        var values = _amounts.GetValueOrDefault(definition.Value.Number) ?? new AmountValues();
        foreach (var index in lastAt.Indexes())
        {
            var scores = RfmScores.Of(new TouchTally(definition.Type, counts[index], lastAt[index], values[index]), edges, nowMicros);
            if (Find(segmentOfCell[scores.Cell])?.Has(index) != true || edges.NextChangeMicros(lastAt[index], nowMicros) < untilMicros)
            {
                concerned.Add(_customers[index]);
            }
        }

        return concerned;
    }

    private static ImmutableArray<long> Edges(QuantileSketch sketch) =>
        [sketch.Edge(.2), sketch.Edge(.4), sketch.Edge(.6), sketch.Edge(.8)];
}
