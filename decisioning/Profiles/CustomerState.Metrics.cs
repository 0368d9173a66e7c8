using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Rules;

namespace PmOrleans.Decisioning.Profiles;

/// <content>Metrics: folding touchpoints into them, reading them.</content>
public sealed partial class CustomerState
{
    private MetricTexts _metricTexts;

    /// <summary>A metric as rules see it; <c>false</c> when it has no value now. One by keys is a new <see cref="KeyedMetric"/>.</summary>
    public bool TryReadMetric(MetricDefinition metric, long nowMicros, out CelValue value)
    {
        if (metric.KeyedBy is null)
        {
            return MetricReading.TryRead(in _lists, in _metricTexts, metric, 0, nowMicros, out value);
        }

        var map = new KeyedMetric();
        ReadMetric(metric, nowMicros, map);
        value = CelValue.Of(map);
        return true;
    }

    /// <summary>Fills a map with the values of a metric by keys.</summary>
    public void ReadMetric(MetricDefinition metric, long nowMicros, KeyedMetric map)
    {
        map.Clear();
        foreach (ref readonly var entry in _metricTexts.Entries)
        {
            if (entry.Metric == metric.Number && MetricReading.HasAny(in _lists, metric, entry.Slot, nowMicros)
                && MetricReading.TryRead(in _lists, in _metricTexts, metric, entry.Slot, nowMicros, out var value))
            {
                map.Add(entry.Text, value);
            }
        }
    }

    /// <summary>A metric that is one number; 0 when it has no value.</summary>
    public double ReadMetric(MetricDefinition metric, long nowMicros) =>
        metric.KeyedBy is null && MetricReading.TryRead(in _lists, in _metricTexts, metric, 0, nowMicros, out var value)
            ? value.Kind switch { CelKind.Int => value.AsInt(), CelKind.Double => value.AsDouble(), _ => 0 }
            : 0;

    /// <summary>Earliest time after <paramref name="nowMicros"/> at which time alone may change a metric's value; <see cref="long.MaxValue"/> for never.</summary>
    /// <remarks>A decayed sum changes with every moment: it is looked at again after an hour.</remarks>
    public long NextMetricChangeMicros(MetricDefinition metric, long nowMicros)
    {
        if (metric.KeyedBy is null)
        {
            return MetricReading.NextChange(in _lists, metric, 0, nowMicros);
        }

        var next = long.MaxValue;
        foreach (ref readonly var entry in _metricTexts.Entries)
        {
            if (entry.Metric == metric.Number)
            {
                next = Math.Min(next, MetricReading.NextChange(in _lists, metric, entry.Slot, nowMicros));
            }
        }

        return next;
    }

    /// <summary>
    /// The same, but only changes count that bring the value to another side of one of <paramref name="thresholds"/> (below, at or above it) or take it away.
    /// Never later than the first of them, or by a thousandth of a second for a decayed sum; it may be earlier, where rounding leaves the side open.
    /// </summary>
    public long NextMetricCrossingMicros(MetricDefinition metric, ReadOnlySpan<double> thresholds, long nowMicros) =>
        metric.KeyedBy is null
            ? MetricReading.NextCrossing(in _lists, metric, thresholds, nowMicros)
            : NextMetricChangeMicros(metric, nowMicros);

    /// <summary>A count or a sum without keys, read once for several questions.</summary>
    internal MetricStanding StandingOf(MetricDefinition metric, long nowMicros) => MetricReading.StandingOf(in _lists, metric, nowMicros);

    /// <summary>
    /// Brings a state to other definitions without its history, where none of it bears on what is new: the result is what folding the history gives.
    /// </summary>
    /// <returns><c>false</c>, nothing changed: the history must be folded.</returns>
    public bool TryRedefine(DefinitionsChange change, CatalogSnapshot live)
    {
        foreach (ref readonly var tally in _tallies.AsSpan())
        {
            if (change.IsOver(tally.Type))
            {
                return false;
            }
        }

        if (_tallies.Length >= MostTallies)
        {
            // There may have been types that are counted nowhere.
            return false;
        }

        for (var i = _lists.Count - 1; i >= 0; i--)
        {
            if (MetricLists.IsMetric(_lists.IdAt(i)) && change.IsGone(MetricLists.MetricOf(_lists.IdAt(i))))
            {
                _lists.Remove(i);
            }
        }

        _metricTexts.Remove(entry => change.IsGone(entry.Metric));
        BeginDefinitions(live);
        return true;
    }

    private void FoldMetrics(Touchpoint touchpoint, long atMicros, CatalogSnapshot catalog)
    {
        foreach (var metric in catalog.MetricsOf(touchpoint.Type))
        {
            var isOver = metric.Kind != MetricKind.Decayed && atMicros <= LastSeenMicros - MetricLists.WindowMicros(metric);
            if (isOver || !TouchpointInput.Passes(metric, touchpoint))
            {
                continue;
            }

            var given = metric.Property is { } property ? ValueOf(touchpoint, property) : PropertyValue.Of(1);
            if (given.Kind != PropertyKind.Null && (metric.Kind == MetricKind.Distinct || given.Kind == (metric.IsText ? PropertyKind.Text : PropertyKind.Number))
                && SlotFor(metric, touchpoint, atMicros) is var slot and >= 0)
            {
                Fold(metric, slot, new TimedPoint(atMicros, given.Number), given);
            }
        }
    }

    private void Fold(MetricDefinition metric, int slot, TimedPoint point, PropertyValue given)
    {
        var id = MetricLists.Id(metric, slot);
        var window = MetricLists.WindowMicros(metric);
        switch (metric.Kind)
        {
            case MetricKind.Count or MetricKind.Sum:
                MetricWindows.Add(ref _lists, id, window, point, LastSeenMicros);
                break;
            case MetricKind.Min or MetricKind.Max:
                MetricExtremes.Add(ref _lists, id, window, point, LastSeenMicros, metric.Kind == MetricKind.Max);
                break;
            case MetricKind.Distinct:
                DistinctSample.Add(ref _lists, id, window, point.AtMicros, DistinctSample.HashOf(given), LastSeenMicros);
                break;
            case MetricKind.Decayed:
                MetricDecay.Add(ref _lists, id, window, point);
                break;
            case MetricKind.Last when _lists.Find(id) is [var last] && last.AtMicros > point.AtMicros:
                break;
            case MetricKind.Last:
                // Of two at the same time, the one that came later.
                if (_lists.IndexOf(id) is var index and >= 0)
                {
                    _lists.Shorten(index, 0);
                }

                _lists.Insert(id, point, 1);
                if (metric.IsText)
                {
                    _metricTexts.Set(metric.Number, 0, given.Text!);
                }

                break;
        }
    }

    /// <summary>The slot of the touchpoint's key, given now when it has none yet; -1 when it has no key or came too late to get one.</summary>
    private int SlotFor(MetricDefinition metric, Touchpoint touchpoint, long atMicros)
    {
        if (metric.KeyedBy is null)
        {
            return 0;
        }

        var given = ValueOf(touchpoint, metric.KeyedBy);
        if (given.Kind is PropertyKind.Null or PropertyKind.Json)
        {
            return -1;
        }

        var text = given.ToString();
        var slot = _metricTexts.SlotOf(metric.Number, text);
        if (slot >= 0)
        {
            return slot;
        }

        slot = _metricTexts.CountOf(metric.Number) + 1;
        if (slot > metric.MostKeys)
        {
            (slot, var newest) = MetricReading.LongestQuiet(in _lists, metric);
            if (newest > atMicros)
            {
                return -1;
            }

            if (_lists.IndexOf(MetricLists.Id(metric, slot)) is var index and >= 0)
            {
                _lists.Shorten(index, 0);
            }
        }

        _metricTexts.Set(metric.Number, slot, text);
        return slot;
    }

    private static PropertyValue ValueOf(Touchpoint touchpoint, string property)
    {
        switch (property)
        {
            case TouchpointFields.Value:
                return touchpoint.ValueMicros is { } micros ? PropertyValue.Of(micros / 1e6) : default;
            case TouchpointFields.Channel:
                return touchpoint.Channel is { } channel ? PropertyValue.Of(channel) : default;
        }

        foreach (var (name, value) in touchpoint.Properties)
        {
            if (name == property)
            {
                return value;
            }
        }

        return default;
    }

    private void WriteMetricsSection(ByteWriter writer)
    {
        writer.Count(_metricTexts.Entries.Length);
        foreach (var (metric, slot, text) in _metricTexts.Entries)
        {
            writer.Count(metric);
            writer.Count(slot);
            writer.Text(text);
        }
    }

    private void ReadMetricsSection(ref ByteReader reader)
    {
        for (var count = reader.Items(3); count > 0; count--)
        {
            _metricTexts.Set(reader.Count(), reader.Count(), reader.RequiredText());
        }
    }
}
