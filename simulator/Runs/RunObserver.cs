using PmOrleans.Decisioning.Catalog;
using PmOrleans.Node.Time;

namespace PmOrleans.Simulator.Runs;

/// <summary>Looks at ledgers, caps and segments from time to time, as an operator would. One look at a time.</summary>
/// <param name="customerIds">A sample, for caps and segments.</param>
/// <param name="startMicros">When the run began; <c>null</c>: budgets are looked at as the accounts that are charged now, whatever was spent before the run.</param>
internal sealed class RunObserver(IEngineView view, CatalogSnapshot catalog, long? startMicros, IReadOnlyList<string> customerIds)
{
    private readonly Dictionary<string, List<BudgetPoint>> _budgets = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<SegmentPoint>> _segments = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, CapTally> _caps = new(StringComparer.Ordinal);
    private bool _segmentsAreCounted;

    public Task LookAsync(long atMicros) => LookAsync(atMicros, CancellationToken.None);

    public async Task LookAsync(long atMicros, CancellationToken cancellation)
    {
        var at = Micros.ToTime(atMicros).UtcDateTime;
        foreach (var seen in await view.CampaignsAsync(cancellation))
        {
            if (catalog.CampaignById.TryGetValue(seen.Id, out var campaign) && campaign.Budget is not null)
            {
                var account = (startMicros is null ? seen.Today ?? seen.Total : seen.Total ?? seen.Today) ?? default;
                List(_budgets, seen.Id).Add(startMicros is { } start
                    ? new BudgetPoint(at, seen.Spent, BudgetPlan.Since(start, campaign, atMicros), account.Reserved, seen.Price)
                    : new BudgetPoint(at, account.Settled, BudgetPlan.OfAccount(campaign, atMicros), account.Reserved, seen.Price));
            }
        }

        await LookAtCustomersAsync(at, cancellation);
    }

    public IReadOnlyList<BudgetDocument> Budgets() =>
    [
        .. _budgets.Select(entry =>
        {
            var budget = catalog.CampaignById[entry.Key].Budget!;
            return new BudgetDocument(entry.Key, budget.Paced, entry.Value, budget.TotalMicros / 1e6, budget.DailyMicros / 1e6);
        }),
    ];

    public IReadOnlyList<CapDocument> Caps() =>
        [.. _caps.Select(entry => new CapDocument(entry.Key, entry.Value.Event, entry.Value.Limit, entry.Value.Looks, entry.Value.Shares, entry.Value.Highest))];

    public IReadOnlyList<SegmentDocument> Segments() =>
        [.. _segments.Select(entry => new SegmentDocument(entry.Key, _segmentsAreCounted ? 0 : customerIds.Count, entry.Value))];

    private async Task LookAtCustomersAsync(DateTime at, CancellationToken cancellation)
    {
        var members = catalog.Segments.ToDictionary(segment => segment.Id, _ => 0, StringComparer.Ordinal);
        var known = 0;
        foreach (var id in customerIds)
        {
            if (await view.CustomerAsync(id, cancellation) is not { } customer)
            {
                continue;
            }

            known++;
            foreach (var segment in customer.Segments)
            {
                members[segment] = members.GetValueOrDefault(segment) + 1;
            }

            foreach (var cap in customer.Caps)
            {
                if (!_caps.TryGetValue(cap.Id, out var tally))
                {
                    _caps.Add(cap.Id, tally = new CapTally(cap.Event, cap.Limit));
                }

                if (cap.Used > 0)
                {
                    tally.Add(cap.Used);
                }
            }
        }

        var counted = await view.SegmentSizesAsync(cancellation);
        _segmentsAreCounted = counted.Count > 0;
        foreach (var (id, count) in members)
        {
            List(_segments, id).Add(new SegmentPoint(
                at, counted.TryGetValue(id, out var size) ? size : known == 0 ? 0 : (double)count / known));
        }
    }

    private static List<T> List<T>(Dictionary<string, List<T>> all, string key)
    {
        if (!all.TryGetValue(key, out var list))
        {
            all.Add(key, list = []);
        }

        return list;
    }

    private sealed class CapTally(string countedEvent, int limit)
    {
        public string Event { get; } = countedEvent;

        public int Limit { get; } = limit;

        public long Looks { get; private set; }

        public long[] Shares { get; } = new long[5];

        public int Highest { get; private set; }

        public void Add(int used)
        {
            Looks++;
            Highest = Math.Max(Highest, used);
            Shares[used >= Limit ? 4 : (int)Math.Ceiling(4.0 * used / Limit) - 1]++;
        }
    }
}
