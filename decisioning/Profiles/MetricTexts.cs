namespace PmOrleans.Decisioning.Profiles;

/// <summary>A text that belongs to a metric: the key of a slot, or, in slot 0, the last value of a metric that is a text.</summary>
internal readonly record struct MetricText(int Metric, int Slot, string Text);

/// <summary>The texts of a customer's metrics. Slots of a metric's keys are dense from 1 and taken over by another key when the metric has too many.</summary>
internal struct MetricTexts
{
    private MetricText[]? _entries;

    public readonly ReadOnlySpan<MetricText> Entries => _entries;

    /// <summary>The slot of a key; -1 when it has none.</summary>
    public readonly int SlotOf(int metric, string text)
    {
        foreach (ref readonly var entry in Entries)
        {
            if (entry.Metric == metric && entry.Text == text)
            {
                return entry.Slot;
            }
        }

        return -1;
    }

    public readonly string? TextOf(int metric, int slot)
    {
        foreach (ref readonly var entry in Entries)
        {
            if (entry.Metric == metric && entry.Slot == slot)
            {
                return entry.Text;
            }
        }

        return null;
    }

    public readonly int CountOf(int metric)
    {
        var count = 0;
        foreach (ref readonly var entry in Entries)
        {
            count += entry.Metric == metric ? 1 : 0;
        }

        return count;
    }

    public void Remove(Predicate<MetricText> match) => _entries = _entries is null ? null : Array.FindAll(_entries, entry => !match(entry));

    public void Set(int metric, int slot, string text)
    {
        var fresh = new MetricText(metric, slot, NamePool.Get(text));
        for (var i = 0; i < _entries?.Length; i++)
        {
            if (_entries[i].Metric == metric && _entries[i].Slot == slot)
            {
                _entries[i] = fresh;
                return;
            }
        }

        _entries = [.. Entries, fresh];
    }
}
