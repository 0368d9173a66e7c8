using System.Threading.Channels;
using PmOrleans.Decisioning.Budgets;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Customers;
using PmOrleans.Node.Log;
using PmOrleans.Node.Time;

namespace PmOrleans.Node.Leases;

/// <summary>
/// Keeps the node's leases filled: asks the owner of the money for slices when they run low, each written to the log before it can be spent, and gives
/// back what a cut budget wants back.
/// </summary>
public sealed class LeaseKeeper : IAsyncDisposable
{
    private readonly INodeLog _log;
    private readonly IBudgetOwner _owner;
    private readonly LeaseBook _book;
    private readonly TimeProvider _time;
    private readonly Channel<int> _wanted = Channel.CreateUnbounded<int>(new UnboundedChannelOptions { SingleReader = true });
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly HashSet<int> _uncounted = [];
    private CatalogSnapshot? _catalog;
    private Task _loop = Task.CompletedTask;
    private long _rolloverMicros = long.MaxValue;

    public LeaseKeeper(INodeLog log, IBudgetOwner owner, LeaseBook book, TimeProvider time) =>
        (_log, _owner, _book, _time) = (log, owner, book, time);

    /// <summary>Whether campaigns that run low are served as soon as they ask; otherwise by <see cref="ServeWantedAsync"/> alone. Default: true.</summary>
    public bool ServesByItself { get; init; } = true;

    /// <summary>When the next budget day begins in some campaign's zone; decisions from then on wait for <see cref="RolloverAsync"/>.</summary>
    public long RolloverMicros => Volatile.Read(ref _rolloverMicros);

    public void Start() => _loop = ServesByItself ? RunAsync() : Task.CompletedTask;

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
    /// <returns><c>false</c>: not yet on every node; to be called again.</returns>
    public async Task<bool> CountInAsync()
    {
        await _gate.WaitAsync();
        try
        {
            var totals = _catalog!.Campaigns.Where(campaign => campaign.Budget?.TotalMicros is not null).ToList();
            if (!await _owner.CountInAsync(_uncounted, [.. totals.Select(campaign => campaign.Number)], _catalog.Version))
            {
                return false;
            }

            // Also those that had nothing to spend because some other node had not come so far.
            var served = totals.Where(campaign => _uncounted.Contains(campaign.Number) || _book[campaign.Number].TotalMicros == 0).ToList();
            _uncounted.Clear();
            await ServeAllAsync(served);
            return true;
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

    /// <summary>Another node has nothing of an account: half of what is unspent here goes back, all of it once that would buy nothing.</summary>
    public async Task ShareAsync(int campaign, int day)
    {
        await _gate.WaitAsync();
        try
        {
            if (_catalog?.CampaignByNumber.GetValueOrDefault(campaign) is { } known)
            {
                var lease = _book[campaign];
                var has = day == 0 ? lease.TotalMicros : lease.DayMicros(day);
                var cost = known.Offers.Select(offer => offer.CostMicros).DefaultIfEmpty(0).Max();
                await GiveBackAsync(lease, day, has / 2 < cost ? has : has / 2);
            }
        }
        catch (NodeUnavailableException)
        {
            // The log takes nothing in now; asked again while somebody is short.
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Gives back all that is unspent, so that other nodes have it at once; nothing is decided any more.</summary>
    /// <exception cref="NodeUnavailableException">The log cannot be written: it is freed once this node's epoch is sealed.</exception>
    public async Task ReturnAllAsync()
    {
        foreach (var lease in _book.All)
        {
            foreach (var day in lease.Days.Prepend(0))
            {
                await GiveBackAsync(lease, day, long.MaxValue);
            }
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
            // Where the clock went back, customers who were there before it did are in a later day than this.
            var today = BudgetDay.Of(campaign.Zone, _time.NowMicros());
            foreach (var day in lease.Days.Where(day => day > today).Prepend(today))
            {
                lease.SetDayExhausted(day, !await FillAsync(lease, day, daily, largestCost));
            }
        }

        lease.Answered();
    }

    /// <summary>Brings one account's slice up to what it should be; <c>false</c> when nothing free is left.</summary>
    private async Task<bool> FillAsync(CampaignLease lease, int day, long budgetMicros, long largestCostMicros)
    {
        var has = day == 0 ? lease.TotalMicros : lease.DayMicros(day);
        var slice = await _owner.TakeAsync(new SliceRequest(
            lease.Campaign, day, budgetMicros, has, lease.LowMarkMicros(day), largestCostMicros, _catalog!.Version));
        if (slice.ExcessMicros > 0)
        {
            await GiveBackAsync(lease, day, slice.ExcessMicros);
            return false;
        }

        lease.SetLowMark(day, slice.LowMarkMicros);
        if (slice.GrantedMicros > 0)
        {
            try
            {
                await _log.AppendNodeFactAsync(new LeaseGrantedFact(lease.Campaign, day, _log.Epoch, slice.GrantedMicros), _time.NowMicros());
            }
            catch (NodeUnavailableException)
            {
                await _owner.CancelAsync(lease.Campaign, day, slice.GrantedMicros);
                throw;
            }

            lease.Grant(slice.GrantedMicros, day);
        }

        return slice.FreeMicros > 0;
    }

    private async Task GiveBackAsync(CampaignLease lease, int day, long most)
    {
        var taken = lease.TakeBack(most, day);
        if (taken == 0)
        {
            return;
        }

        try
        {
            await _log.AppendNodeFactAsync(new LeaseReturnedFact(lease.Campaign, day, _log.Epoch, taken, WrittenOff: false), _time.NowMicros());
        }
        catch (NodeUnavailableException)
        {
            lease.Grant(taken, day);
            throw;
        }

        await _owner.ReturnedAsync(lease.Campaign, day, taken);
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
