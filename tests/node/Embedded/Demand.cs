using PmOrleans.Decisioning.Decisions;
using PmOrleans.Node.Embedded;
using static PmOrleans.Node.Tests.Embedded.AttackFolder;

namespace PmOrleans.Node.Tests.Embedded;

/// <summary>Asks for offers until the money is gone. Leases are refilled beside the traffic: an offer whose lease is on its way is waited for.</summary>
internal static class Demand
{
    /// <summary>Decides for one new customer after the other until the campaign has no free money left; returns the offers served.</summary>
    public static async Task<int> DrainAsync(EmbeddedNode node)
    {
        var served = 0;
        await UntilAsync(async () =>
        {
            var offers = Offers(await node.DecideAsync(Request(Guid.NewGuid().ToString("N")))).Length;
            served += offers;
            return offers == 0 && await IsSpentAsync(node);
        });
        return served;
    }

    /// <summary>Whether nothing can be had for want of free money, and not for want of a lease.</summary>
    public static async Task<bool> IsSpentAsync(EmbeddedNode node)
    {
        var reply = await node.DecideAsync(Request(Guid.NewGuid().ToString("N")) with { DryRun = true, Explain = true });
        return reply.Value!.Placements[0].Candidates!.All(candidate => candidate.Reason == RemovalReason.BudgetExhausted);
    }
}
