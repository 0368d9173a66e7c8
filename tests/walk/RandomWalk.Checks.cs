using System.Diagnostics;
using PmOrleans.Node.Port;

namespace PmOrleans.Node.Tests.Walk;

/// <content>What the figures must be.</content>
internal sealed partial class RandomWalk
{
    private async Task CheckAsync()
    {
        foreach (var customer in _customers)
        {
            if (!customer.Known) Assert.Equal(RefusalKind.NotFound, (await ReadAsync(customer)).Refusal?.Kind);
            else if (customer.IsBehind) await UntilSameAsync(async () => string.Join(", ", customer.Differences((await ReadAsync(customer)).Value!, Now)));
            else Assert.Empty(customer.Differences((await ReadAsync(customer)).Value!, Now));
            customer.IsBehind = false;
        }

        // The owners fold behind the answers, and the windows of the sleeping end behind the clock.
        await UntilSameAsync(async () => string.Join(", ", (await CampaignsAsync()).SelectMany(campaign => campaign.Offers)
            .Where(offer => offer.Decisions != _tally.GetValueOrDefault(offer.OfferId)).Select(offer => $"{offer.OfferId} has {offer.Decisions} decisions; answered were {_tally.GetValueOrDefault(offer.OfferId)}")));
        foreach (var offer in (await CampaignsAsync()).Where(campaign => WalkCatalog.SettlesOnDecision(campaign.Id)).SelectMany(campaign => campaign.Offers))
        {
            Assert.Equal(offer.Decisions * WalkCatalog.CostMicros(offer.OfferId), offer.SettledMicros);
        }

        foreach (var ledger in (await CampaignsAsync()).SelectMany(campaign => new[] { campaign.Total, campaign.Today }).OfType<LedgerView>())
        {
            Assert.Equal(ledger.BudgetMicros, ledger.SettledMicros + ledger.ReservedMicros + ledger.LeasedMicros + ledger.FreeMicros);
        }

        await UntilSameAsync(async () =>
        {
            var members = new Dictionary<string, long>(StringComparer.Ordinal);
            foreach (var customer in _customers.Where(customer => customer.Known))
            {
                foreach (var segment in (await ReadAsync(customer)).Value!.Segments)
                {
                    members[segment] = members.GetValueOrDefault(segment) + 1;
                }
            }

            return string.Join(", ", (await AskAsync(node => node.ReadSegmentsAsync())).Value!.Where(segment => segment.Status != "per-request")
                .Where(segment => segment.Status != "live" || segment.Size != members.GetValueOrDefault(segment.Id))
                .Select(segment => $"{segment.Id} is {segment.Status} with {segment.Size}; its members are {members.GetValueOrDefault(segment.Id)}"));
        });
    }

    private async Task<IReadOnlyList<CampaignView>> CampaignsAsync() => (await AskAsync(node => node.ReadCampaignsAsync())).Value!;

    /// <summary>Waits until there is no difference.</summary>
    private static async Task UntilSameAsync(Func<Task<string>> differs)
    {
        var since = Stopwatch.StartNew();
        while (await differs() is { Length: > 0 } difference)
        {
            Assert.True(since.Elapsed < TimeSpan.FromMinutes(1), $"after a minute {difference}");
            await Task.Delay(1);
        }
    }
}
