using PmOrleans.Decisioning.Catalog;
using PmOrleans.Node.Port;
using PmOrleans.Node.Time;

namespace PmOrleans.Simulator.Runs;

/// <summary>Looks at ledgers, caps and segments from time to time, through the port, as an operator would.</summary>
/// <param name="customerIds">A sample, for caps and segments.</param>
internal sealed class RunObserver(IDecisionNode? node, CatalogSnapshot catalog, long startMicros, IReadOnlyList<string> customerIds)
{
    private readonly Dictionary<string, List<BudgetPoint>> _budgets = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<SegmentPoint>> _segments = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, CapTally> _caps = new(StringComparer.Ordinal);
    private bool _segmentsAreCounted;

    public async Task LookAsync(long atMicros)
    {
        if (node is null)
        {
            return;
        }

        var at = Micros.ToTime(atMicros).UtcDateTime;
        if ((await node.ReadCampaignsAsync()).Value is { } campaigns)
        {
            foreach (var view in campaigns)
            {
                if (catalog.CampaignById.TryGetValue(view.Id, out var campaign) && campaign.Budget is { } budget)
                {
                    List(_budgets, view.Id).Add(new BudgetPoint(
                        at,
                        view.Offers.Sum(offer => offer.SettledMicros) / 1e6,
                        Plan(campaign, budget, atMicros),
                        ((view.Total ?? view.Today)?.ReservedMicros ?? 0) / 1e6,
                        view.Price));
                }
            }
        }

        await LookAtCustomersAsync(at);
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

    private async Task LookAtCustomersAsync(DateTime at)
    {
        var members = catalog.Segments.ToDictionary(segment => segment.Id, _ => 0, StringComparer.Ordinal);
        var known = 0;
        foreach (var id in customerIds)
        {
            if ((await node!.ReadCustomerAsync(id)).Value is not { } customer)
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
                if (!_caps.TryGetValue(cap.CapId, out var tally))
                {
                    _caps.Add(cap.CapId, tally = new CapTally(cap.Event, cap.Limit));
                }

                if (cap.Counted + cap.Reserved > 0)
                {
                    tally.Add(cap.Counted + cap.Reserved);
                }
            }
        }

        var counted = (await node!.ReadSegmentsAsync()).Value?.Where(view => view.Size is not null).ToDictionary(view => view.Id, view => view.Size!.Value, StringComparer.Ordinal);
        _segmentsAreCounted = counted?.Count > 0;
        foreach (var (id, count) in members)
        {
            List(_segments, id).Add(new SegmentPoint(
                at, counted?.TryGetValue(id, out var size) is true ? size : known == 0 ? 0 : (double)count / known));
        }
    }

    /// <summary>Evenly: a daily budget day by day, a total one over the flight, from the beginning of the run.</summary>
    private double Plan(Campaign campaign, Budget budget, long atMicros)
    {
        var days = Math.Max(0, atMicros - startMicros) / 86_400e6;
        if (budget.DailyMicros is { } daily)
        {
            return Math.Min(daily / 1e6 * days, (budget.TotalMicros ?? long.MaxValue) / 1e6);
        }

        var from = Math.Max(campaign.StartMicros, startMicros);
        return campaign.EndMicros == long.MaxValue ? 0 : budget.TotalMicros!.Value / 1e6 * Math.Clamp((double)(atMicros - from) / (campaign.EndMicros - from), 0, 1);
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
