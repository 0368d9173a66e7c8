using System.Globalization;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Port;

namespace PmOrleans.Node.Tests.Walk;

/// <summary>What one customer was sent, in a list, and the figures that must come of it.</summary>
internal sealed class WalkedCustomer(string id)
{
    private const long Day = 86_400_000_000;

    private readonly Dictionary<string, object> _sides = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long?> _taken = new(StringComparer.Ordinal);

    /// <summary>The longest that a metric keeps one by one; beyond it the windows are approximate.</summary>
    private const int MostExact = 60;

    public string Id { get; } = id;

    public List<string> Ids { get; } = [id];

    public List<Touchpoint> Touchpoints { get; } = [];

    public List<ShownOffer> WasShown { get; } = [];

    public bool Known { get; set; }

    /// <summary>Something was queued since the figures were looked at.</summary>
    public bool IsBehind { get; set; }

    /// <summary>Goes up with each erasure: what was decided before it is gone.</summary>
    public int Life { get; private set; }

    public long ErasedAt { get; private set; }

    public void Erase(long at)
    {
        (Known, ErasedAt) = (false, at);
        Life++;
        Touchpoints.Clear();
        WasShown.Clear();
        _sides.Clear();
        Ids.RemoveRange(1, Ids.Count - 1);
    }

    /// <summary>What was accepted; known message ids count once.</summary>
    /// <param name="now"><c>null</c>: queued, to be applied some time.</param>
    public void Take(IEnumerable<Touchpoint> touchpoints, long? now)
    {
        IsBehind |= now is null;
        Touchpoints.AddRange(touchpoints.Where(touchpoint => _taken.TryAdd(touchpoint.MessageId!, now)));
    }

    /// <summary>When a message was taken; <c>null</c>: nobody knows.</summary>
    public long? Took(string messageId) => _taken[messageId];

    /// <summary>What a customer was drawn into once is so for good.</summary>
    public void Stays(string what, object drawn)
    {
        if (!_sides.TryAdd(what, drawn)) Assert.Equal((what, _sides[what]), (what, drawn));
    }

    /// <summary>How the view of a node differs from what must come of the list.</summary>
    public IEnumerable<string> Differences(CustomerView view, long now)
    {
        var counts = string.Join(", ", Touchpoints.CountBy(touchpoint => touchpoint.Type, StringComparer.Ordinal).OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key} {pair.Value}"));
        var seen = string.Join(", ", view.Touchpoints.OrderBy(touch => touch.Type, StringComparer.Ordinal).Select(touch => $"{touch.Type} {touch.Count}"));
        if (counts != seen) yield return $"{Id} has touchpoints {seen}; sent were {counts}";

        foreach (var metric in view.Metrics.Where(metric => metric is { Building: false, SinceMicros: null }))
        {
            var days = int.Parse(string.Concat(metric.Name.Where(char.IsDigit)), CultureInfo.InvariantCulture);
            var since = Math.Max(now, view.LastSeenMicros) - (days * Day);
            var views = Within("view", since);
            var purchases = Within("purchase", since);
            if (views.Length > MostExact || purchases.Length > MostExact)
            {
                continue;
            }

            var expected = Expected(metric.Name.TrimEnd('d').TrimEnd([.. "0123456789"]), views, purchases);
            var shown = Shown(metric);
            if (expected != shown) yield return $"{Id}: {metric.Name} is '{shown}'; of what was sent it is '{expected}'";
        }
    }

    private Touchpoint[] Within(string type, long since) =>
        [.. Touchpoints.Where(touchpoint => touchpoint.Type == type && touchpoint.AtMicros > since).OrderBy(touchpoint => touchpoint.AtMicros)];

    private static string Expected(string metric, Touchpoint[] views, Touchpoint[] purchases) => metric switch
    {
        "views" => Number(views.Length),
        "tea" => Number(views.Count(view => Property(view, "category") == "tea")),
        "skus" => Number(views.Select(view => Property(view, "sku")).Distinct(StringComparer.Ordinal).Count()),
        "last" => views.Length == 0 ? "" : Property(views[^1], "sku"),
        "kinds" => ByKey(views.CountBy(view => Property(view, "category"), StringComparer.Ordinal).Select(pair => (pair.Key, (double)pair.Value))),
        "spend" => Number(purchases.Sum(purchase => purchase.ValueMicros!.Value) / 1e6),
        "dearest" => purchases.Length == 0 ? "" : Number(purchases.Max(purchase => purchase.ValueMicros!.Value) / 1e6),
        "cheapest" => purchases.Length == 0 ? "" : Number(purchases.Min(purchase => purchase.ValueMicros!.Value) / 1e6),
        _ => throw new InvalidOperationException(metric),
    };

    private static string Shown(MetricView metric) =>
        metric.Text ?? (metric.ByKey is { } keys ? ByKey(keys.Select(pair => (pair.Key, pair.Value))) : metric.Value is { } value ? Number(value) : "");

    private static string ByKey(IEnumerable<(string Key, double Value)> pairs) =>
        string.Join(", ", pairs.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key} {Number(pair.Value)}"));

    private static string Number(double value) => value.ToString("F6", CultureInfo.InvariantCulture);

    private static string Property(Touchpoint touchpoint, string name) => touchpoint.Properties.First(property => property.Name == name).Value.Text!;
}
