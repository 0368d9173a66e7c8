using PmOrleans.Node.Port;
using PmOrleans.Simulator.Runs;

namespace PmOrleans.Simulator.Targets;

/// <summary>A node in this process, seen through its port.</summary>
internal sealed class NodeView(IDecisionNode node) : IEngineView
{
    public async Task<IReadOnlyList<SeenCampaign>> CampaignsAsync(CancellationToken cancellation = default) =>
    [
        .. ((await node.ReadCampaignsAsync(cancellation)).Value ?? []).Select(view => new SeenCampaign(
            view.Id, view.Offers.Sum(offer => offer.SettledMicros) / 1e6, Account(view.Total), Account(view.Today), view.Price)),
    ];

    public async Task<IReadOnlyDictionary<string, long>> SegmentSizesAsync(CancellationToken cancellation = default) =>
        ((await node.ReadSegmentsAsync(cancellation)).Value ?? []).Where(view => view.Size is not null).ToDictionary(view => view.Id, view => view.Size!.Value, StringComparer.Ordinal);

    public async Task<SeenCustomer?> CustomerAsync(string id, CancellationToken cancellation = default) =>
        (await node.ReadCustomerAsync(id, cancellation)).Value is { } customer
            ? new SeenCustomer(customer.Segments, [.. customer.Caps.Select(cap => new SeenCap(cap.CapId, cap.Event, cap.Limit, cap.Counted + cap.Reserved))])
            : null;

    private static SeenAccount? Account(LedgerView? ledger) => ledger is null ? null : new SeenAccount(ledger.SettledMicros / 1e6, ledger.ReservedMicros / 1e6);
}
