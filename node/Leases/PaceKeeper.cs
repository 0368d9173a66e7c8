using PmOrleans.Decisioning.Budgets;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Pacing;
using PmOrleans.Node.Projections;
using PmOrleans.Node.Time;

namespace PmOrleans.Node.Leases;

/// <summary>Steers the shadow price of every paced campaign once a second, from what the node's decisions saw and spent.</summary>
/// <remarks>The price is not kept over a restart: it is found again within minutes, and each decision logs the one it used.</remarks>
public sealed class PaceKeeper(LeaseBook leases, IAccounts accounts, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<int, Paced> _paced = [];
    private readonly PacingOptions _options = new();
    private CatalogSnapshot? _catalog;
    private Task _loop = Task.CompletedTask;

    public void Use(CatalogSnapshot catalog) => Volatile.Write(ref _catalog, catalog);

    public void Start() => _loop = RunAsync();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    /// <summary>One tick of the controller, up to now.</summary>
    public void Advance()
    {
        if (Volatile.Read(ref _catalog) is not { } catalog)
        {
            return;
        }

        var now = time.NowMicros();
        foreach (var campaign in catalog.Campaigns)
        {
            var lease = leases[campaign.Number];
            if (campaign.Budget is not { Paced: true } budget)
            {
                lease.Price = 0;
                _paced.Remove(campaign.Number);
                continue;
            }

            if (!_paced.TryGetValue(campaign.Number, out var paced))
            {
                _paced.Add(campaign.Number, paced = new Paced(now, lease));
                continue;
            }

            if (now > paced.From)
            {
                lease.Price = paced.Advance(campaign, budget, lease, now, Left(campaign, budget, now), _options) * 1e6;
            }
        }
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(Tick);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                Advance();
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }

    /// <summary>This node's share of the money not settled or set aside: of the day where there is a daily budget, of the flight otherwise.</summary>
    private long Left(Campaign campaign, Budget budget, long nowMicros) => accounts.Read(fold =>
    {
        var day = BudgetDay.Of(campaign, nowMicros);
        var account = fold.Ledgers.GetValueOrDefault(campaign.Number)?.Accounts.GetValueOrDefault(day) ?? new LedgerAccount();
        return Math.Max(0, (budget.DailyMicros ?? budget.TotalMicros ?? 0) - account.SettledMicros - account.ReservedMicros) / accounts.Nodes;
    });

    private sealed class Paced(long fromMicros, CampaignLease lease)
    {
        private PaceState _state = PaceState.Initial;
        private long _opportunities = lease.Opportunities;
        private long _spend = lease.PacedSpendMicros;
        private double _scores = lease.ScoreSum;
        private double _costs = lease.CostSumMicros;

        public long From { get; private set; } = fromMicros;

        /// <summary>Score units per micro.</summary>
        public double Advance(Campaign campaign, Budget budget, CampaignLease lease, long nowMicros, long leftMicros, PacingOptions options)
        {
            var endsAt = budget.DailyMicros is not null
                ? Math.Min(BudgetDays.EndOfDay(campaign.Zone, nowMicros), campaign.EndMicros)
                : campaign.EndMicros;
            if (endsAt == long.MaxValue || endsAt <= nowMicros)
            {
                // Without an end there is nothing to pace towards.
                return 0;
            }

            var (opportunities, spend, scores, costs) = (lease.Opportunities, lease.PacedSpendMicros, lease.ScoreSum, lease.CostSumMicros);
            _state = PacePrice.Advance(
                _state,
                new PaceWindow(
                    From, nowMicros, endsAt, opportunities - _opportunities, Math.Max(0, spend - _spend), leftMicros, scores - _scores, costs - _costs),
                options);
            (_opportunities, _spend, _scores, _costs, From) = (opportunities, spend, scores, costs, nowMicros);
            return _state.Price;
        }
    }
}
