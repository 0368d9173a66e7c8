using PmOrleans.Decisioning.Budgets;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Node.Projections;

namespace PmOrleans.Node.Publishing;

/// <summary>Money for a trial: what each campaign would have left under the tried catalog, with the live prices and pauses. Spending it spends nothing.</summary>
internal static class TrialLeases
{
    public static LeaseBook Of(CatalogSnapshot catalog, LeaseBook live, IAccounts accounts, long nowMicros)
    {
        var book = new LeaseBook();
        accounts.Read(fold =>
        {
            foreach (var campaign in catalog.Campaigns)
            {
                var lease = book[campaign.Number];
                lease.Paused = live[campaign.Number].Paused;
                lease.Price = live[campaign.Number].Price;
                if (campaign.Budget is { } budget)
                {
                    var ledger = fold.Ledgers.GetValueOrDefault(campaign.Number);
                    var day = BudgetDay.Of(campaign, nowMicros);
                    Grant(lease, 0, budget.TotalMicros, ledger);
                    Grant(lease, day, budget.DailyMicros, ledger);
                }
            }

            return 0;
        });
        return book;
    }

    /// <summary>What is neither settled nor reserved; what nodes hold unspent counts as free.</summary>
    private static void Grant(CampaignLease lease, int day, long? budgetMicros, CampaignLedger? ledger)
    {
        if (budgetMicros is not { } budget)
        {
            return;
        }

        var account = ledger?.Accounts.GetValueOrDefault(day);
        var free = budget - (account?.SettledMicros ?? 0) - (account?.ReservedMicros ?? 0);
        lease.Grant(Math.Max(0, free), day);

        // Whatever cannot be paid from this cannot be paid at all.
        if (day == 0)
        {
            lease.TotalExhausted = true;
        }
        else
        {
            lease.SetDayExhausted(day, true);
        }
    }
}
