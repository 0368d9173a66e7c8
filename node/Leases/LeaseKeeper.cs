using System.Threading.Channels;
using PmOrleans.Decisioning.Budgets;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Customers;
using PmOrleans.Node.Log;
using PmOrleans.Node.Projections;
using PmOrleans.Node.Time;

namespace PmOrleans.Node.Leases;

/// <summary>
/// The owner of the campaigns' money on one machine: hands slices to the node, each written to the log before it can be spent, and frees what
/// sealed epochs have left. What is out (settled, reserved, leased) changes here alone, so that no traffic can race it.
/// </summary>
public sealed class LeaseKeeper : IAsyncDisposable
{
    private readonly INodeLog _log;
    private readonly ProjectionRunner _projections;
    private readonly LeaseBook _book;
    private readonly TimeProvider _time;
    private readonly Channel<int> _wanted = Channel.CreateUnbounded<int>(new UnboundedChannelOptions { SingleReader = true });
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly Dictionary<(int Campaign, int Day), long> _out = [];
    private readonly HashSet<int> _uncounted = [];
    private CatalogSnapshot? _catalog;
    private Task _loop = Task.CompletedTask;
    private long _rolloverMicros = long.MaxValue;

    public LeaseKeeper(INodeLog log, ProjectionRunner projections, LeaseBook book, TimeProvider time) =>
        (_log, _projections, _book, _time) = (log, projections, book, time);

    /// <summary>Whether campaigns that run low are served as soon as they ask; otherwise by <see cref="ServeWantedAsync"/> alone. Default: true.</summary>
    public bool ServesByItself { get; init; } = true;

    /// <summary>When the next budget day begins in some campaign's zone; decisions from then on wait for <see cref="RolloverAsync"/>.</summary>
    public long RolloverMicros => Volatile.Read(ref _rolloverMicros);

    /// <summary>Frees what earlier epochs left on their leases; they are sealed and folded to their end.</summary>
    /// <param name="writtenOff">The last process acknowledged before the disk did and did not stop cleanly: what it held counts as spent.</param>
    public async Task RecoverAsync(bool writtenOff)
    {
        var left = _projections.Read(fold =>
            from campaign in fold.Ledgers
            from account in campaign.Value.Accounts
            from lease in account.Value.LeasedByEpoch
            where lease.Key != _log.Epoch
            select new LeaseReturnedFact(campaign.Key, account.Key, lease.Key, lease.Value, writtenOff)).ToList();
        foreach (var fact in left)
        {
            await _log.AppendNodeFactAsync(fact, _time.NowMicros());
        }

        await _projections.WaitAsync();
        _projections.Read(fold =>
        {
            foreach (var (campaign, ledger) in fold.Ledgers)
            {
                foreach (var (day, account) in ledger.Accounts)
                {
                    _out[(campaign, day)] = account.SettledMicros + account.ReservedMicros + account.LeasedMicros;
                }
            }

            return 0;
        });
        if (ServesByItself)
        {
            _loop = RunAsync();
        }
    }

    /// <summary>
    /// Takes a catalog over: cut budgets are taken back, campaigns get their first slices. Completes when these can be spent; what the log does not
    /// take now follows when it does.
    /// </summary>
    /// <returns>Whether some total budget is new: it is served by <see cref="CountInAsync"/>, after the last decision without it.</returns>
    public async Task<bool> UseAsync(CatalogSnapshot catalog)
    {
        await _gate.WaitAsync();
        try
        {
            foreach (var campaign in catalog.Campaigns.Where(campaign => campaign.Budget?.TotalMicros is not null))
            {
                if (_catalog is not null && (!_catalog.CampaignByNumber.TryGetValue(campaign.Number, out var old) || old.Budget?.TotalMicros is null))
                {
                    _uncounted.Add(campaign.Number);
                }
            }

            _catalog = catalog;
            await ServeAllAsync(catalog.Campaigns);
            SetRollover();
            return _uncounted.Count > 0;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>
    /// A total budget that is new counts what was spent before it. Called when nothing is decided without it any more and all that was is
    /// committed: spending that no lease of the total stands behind would slip through otherwise.
    /// </summary>
    public async Task CountInAsync()
    {
        await _gate.WaitAsync();
        try
        {
            await _projections.WaitAsync();
            var counted = _uncounted.ToList();
            _projections.Read(fold =>
            {
                foreach (var number in counted)
                {
                    _out[(number, 0)] = fold.Ledgers.TryGetValue(number, out var ledger) && ledger.Accounts.TryGetValue(0, out var account)
                        ? account.SettledMicros + account.ReservedMicros + account.LeasedMicros
                        : 0;
                }

                return 0;
            });
            _uncounted.Clear();
            await ServeAllAsync(counted.Where(_catalog!.CampaignByNumber.ContainsKey).Select(number => _catalog.CampaignByNumber[number]));
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>A budget day has begun somewhere: its slices are handed out before anything is decided in it.</summary>
    public async Task RolloverAsync()
    {
        await _gate.WaitAsync();
        try
        {
            if (_catalog is null || _time.NowMicros() < RolloverMicros)
            {
                return;
            }

            await ServeAllAsync(_catalog.Campaigns.Where(campaign => campaign.Budget?.DailyMicros is not null));
            SetRollover();
        }
        finally
        {
            _gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _wanted.Writer.TryComplete();
        await _loop;
        _gate.Dispose();
    }

    /// <summary>Serves the campaigns that have asked since, each once, in the order in which they asked.</summary>
    public async Task ServeWantedAsync()
    {
        // What asks meanwhile waits for the next call.
        var wanted = new List<int>();
        while (_wanted.Reader.TryRead(out var asking))
        {
            wanted.Add(asking);
        }

        foreach (var number in wanted)
        {
            if (!await ServeAsync(number))
            {
                _wanted.Writer.TryWrite(number);
            }
        }
    }

    private async Task RunAsync()
    {
        await foreach (var number in _wanted.Reader.ReadAllAsync())
        {
            if (!await ServeAsync(number))
            {
                // The log cannot be written; a budget that was cut must be taken back without anybody asking.
                await Task.Delay(50);
                _wanted.Writer.TryWrite(number);
            }
        }
    }

    /// <summary><c>false</c> when the log could not be written.</summary>
    private async Task<bool> ServeAsync(int number)
    {
        await _gate.WaitAsync();
        try
        {
            if (_catalog is not null && _catalog.CampaignByNumber.TryGetValue(number, out var campaign))
            {
                await ServeAsync(campaign);
            }

            return true;
        }
        catch (NodeUnavailableException)
        {
            return false;
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task ServeAllAsync(IEnumerable<Campaign> campaigns)
    {
        foreach (var campaign in campaigns)
        {
            _book[campaign.Number].OnLow = wanting => _wanted.Writer.TryWrite(wanting.Campaign);
            try
            {
                await ServeAsync(campaign);
            }
            catch (NodeUnavailableException)
            {
                _wanted.Writer.TryWrite(campaign.Number);
            }
        }
    }

    private async Task ServeAsync(Campaign campaign)
    {
        var lease = _book[campaign.Number];
        if (campaign.Budget is not { } budget)
        {
            return;
        }

        var largestCost = campaign.Offers.Select(offer => offer.CostMicros).DefaultIfEmpty(0).Max();
        if (budget.TotalMicros is { } total && !_uncounted.Contains(campaign.Number))
        {
            lease.TotalExhausted = !await FillAsync(lease, 0, total, largestCost);
        }

        if (budget.DailyMicros is { } daily)
        {
            var day = BudgetDay.Of(campaign.Zone, _time.NowMicros());
            lease.SetDayExhausted(day, !await FillAsync(lease, day, daily, largestCost));
        }

        lease.Answered();
    }

    /// <summary>Brings one account's slice up to what it should be; <c>false</c> when nothing free is left.</summary>
    private async Task<bool> FillAsync(CampaignLease lease, int day, long budgetMicros, long largestCostMicros)
    {
        var account = (lease.Campaign, day);
        var free = budgetMicros - _out.GetValueOrDefault(account);
        if (free < 0)
        {
            var taken = lease.TakeBack(-free, day);
            if (taken > 0)
            {
                try
                {
                    await _log.AppendNodeFactAsync(new LeaseReturnedFact(lease.Campaign, day, _log.Epoch, taken, WrittenOff: false), _time.NowMicros());
                }
                catch (NodeUnavailableException)
                {
                    lease.Grant(taken, day);
                    throw;
                }

                _out[account] = _out.GetValueOrDefault(account) - taken;
            }

            return false;
        }

        // Half of what is free, so that several nodes can share; all of it once that would buy little.
        var enough = 64 * Math.Max(1, largestCostMicros);
        var slice = free / 2 <= enough ? free : free / 2;
        lease.LowMarkMicros = Math.Max(lease.LowMarkMicros, Math.Max(slice / 4, 16 * Math.Max(1, largestCostMicros)));
        var has = day == 0 ? lease.TotalMicros : lease.DayMicros(day);
        if (slice > 0 && has < lease.LowMarkMicros)
        {
            _out[account] = _out.GetValueOrDefault(account) + slice;
            try
            {
                await _log.AppendNodeFactAsync(new LeaseGrantedFact(lease.Campaign, day, _log.Epoch, slice), _time.NowMicros());
            }
            catch (NodeUnavailableException)
            {
                _out[account] -= slice;
                throw;
            }

            lease.Grant(slice, day);
            free -= slice;
        }

        return free > 0;
    }

    private void SetRollover()
    {
        var now = _time.NowMicros();
        var next = long.MaxValue;
        foreach (var campaign in _catalog!.Campaigns.Where(campaign => campaign.Budget?.DailyMicros is not null))
        {
            next = Math.Min(next, BudgetDays.EndOfDay(campaign.Zone, now));
        }

        Volatile.Write(ref _rolloverMicros, next);
    }
}
