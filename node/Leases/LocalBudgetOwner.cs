using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Customers;
using PmOrleans.Node.Log;
using PmOrleans.Node.Projections;
using PmOrleans.Node.Time;

namespace PmOrleans.Node.Leases;

/// <summary>The owner of the campaigns' money on one machine: its one node is in this process, so what is out is a figure in memory. Asked by one keeper, one question at a time.</summary>
public sealed class LocalBudgetOwner(INodeLog log, IAccounts accounts, TimeProvider time) : IBudgetOwner
{
    private readonly Dictionary<(int Campaign, int Day), long> _out = [];

    /// <remarks>Every epoch before this one is sealed and folded to its end.</remarks>
    public async Task StartAsync()
    {
        var left = accounts.Read(fold =>
            from campaign in fold.Ledgers
            from account in campaign.Value.Accounts
            from lease in account.Value.LeasedByEpoch
            where lease.Key != log.Epoch
            select new LeaseReturnedFact(campaign.Key, account.Key, lease.Key, lease.Value, EarlyAnswers.MayBeLost(log.Reader, lease.Key))).ToList();
        foreach (var fact in left)
        {
            await log.AppendNodeFactAsync(fact, time.NowMicros());
        }

        await accounts.WaitAsync();
        accounts.Read(fold =>
        {
            foreach (var (campaign, ledger) in fold.Ledgers)
            {
                foreach (var (day, account) in ledger.Accounts)
                {
                    _out[(campaign, day)] = account.OutMicros;
                }
            }

            return 0;
        });
    }

    public ValueTask<BudgetSlice> TakeAsync(SliceRequest request)
    {
        var slice = BudgetSlice.Cut(request, _out.GetValueOrDefault((request.Campaign, request.Day)));
        Add(request.Campaign, request.Day, slice.GrantedMicros);
        return new(slice);
    }

    public ValueTask CancelAsync(int campaign, int day, long micros)
    {
        Add(campaign, day, -micros);
        return ValueTask.CompletedTask;
    }

    public ValueTask ReturnedAsync(int campaign, int day, long micros) => CancelAsync(campaign, day, micros);

    public async ValueTask<bool> CountInAsync(IReadOnlyCollection<int> campaigns, IReadOnlyCollection<int> totals, int catalogVersion)
    {
        await accounts.WaitAsync();
        return accounts.Read(fold =>
        {
            foreach (var campaign in campaigns)
            {
                _out[(campaign, 0)] = fold.Ledgers.GetValueOrDefault(campaign)?.Accounts.GetValueOrDefault(0)?.OutMicros ?? 0;
            }

            return true;
        });
    }

    private void Add(int campaign, int day, long micros) =>
        _out[(campaign, day)] = _out.GetValueOrDefault((campaign, day)) + micros;
}
