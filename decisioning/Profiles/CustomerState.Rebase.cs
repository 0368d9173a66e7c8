using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Facts;

namespace PmOrleans.Decisioning.Profiles;

/// <content>Going on under other definitions from a saved state whose history is gone.</content>
public sealed partial class CustomerState
{
    /// <summary>Remembered message hashes, oldest first.</summary>
    public IReadOnlyList<ulong> MessagesInOrder() => [.. _messages.Older, .. _messages.Newer];

    /// <summary>What the customer adds to the sums of segments.</summary>
    public IReadOnlyList<SegmentAmount> SegmentAmounts()
    {
        var amounts = new SegmentAmount[_membership.AmountCount];
        for (var i = 0; i < amounts.Length; i++)
        {
            amounts[i] = _membership.AmountAt(i);
        }

        return amounts;
    }

    /// <summary>
    /// Brings a state to other definitions without its history: a metric that is the same in both keeps its values, one that is not begins empty; caps and
    /// pauses, when any of them differs, are counted again from the latest facts.
    /// </summary>
    /// <param name="folded">What the state was folded with; <c>null</c> when no version is that any more: then every metric begins empty.</param>
    /// <param name="recent">
    /// The accounting parts of the customer's latest records with decisions and outcomes, ascending, at least from the earliest open decision on. A window
    /// that reaches back beyond them counts only what is in them.
    /// </param>
    public void Rebase(CatalogSnapshot? folded, CatalogSnapshot live, IReadOnlyList<(long Sequence, IReadOnlyList<Fact> Facts)> recent)
    {
        ArgumentNullException.ThrowIfNull(live);
        ArgumentNullException.ThrowIfNull(recent);
        if (DefinitionsHash == live.DefinitionsHash)
        {
            return;
        }

        var before = folded?.Metrics.ToDictionary(metric => metric.Number, metric => metric.Signature) ?? [];
        var kept = live.Metrics.Where(metric => before.TryGetValue(metric.Number, out var signature) && signature == metric.Signature).Select(metric => metric.Number).ToHashSet();
        RemoveLists(id => MetricLists.IsMetric(id) && !kept.Contains(MetricLists.MetricOf(id)));
        _metricTexts.Remove(entry => !kept.Contains(entry.Metric));
        if (folded?.CountersHash is not { } counters || counters != live.CountersHash)
        {
            RemoveLists(id => !MetricLists.IsMetric(id));
            CountAgain(live, recent);
        }

        BeginDefinitions(live);
    }

    private void RemoveLists(Predicate<ulong> match)
    {
        for (var i = _lists.Count - 1; i >= 0; i--)
        {
            if (match(_lists.IdAt(i)))
            {
                _lists.Remove(i);
            }
        }
    }

    /// <summary>A fold of the latest records alone: its counters are right as far back as they reach.</summary>
    private void CountAgain(CatalogSnapshot live, IReadOnlyList<(long Sequence, IReadOnlyList<Fact> Facts)> recent)
    {
        var again = new CustomerState(Key);
        foreach (var (sequence, facts) in recent)
        {
            again.Sequence = sequence - 1;
            foreach (var fact in facts)
            {
                again.Apply(fact, sequence, live);
            }

            again.Prune();
        }

        for (var i = 0; i < again._lists.Count; i++)
        {
            foreach (var point in again._lists.At(i))
            {
                _lists.Insert(again._lists.IdAt(i), point, int.MaxValue);
            }
        }
    }
}
