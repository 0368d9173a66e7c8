using PmOrleans.Decisioning.Budgets;
using PmOrleans.Decisioning.Experiments;
using PmOrleans.Node.Leases;

namespace PmOrleans.Node.Owners;

/// <summary>What a node learns from the owner of the campaigns.</summary>
/// <param name="Watermark">Records folded, of all nodes.</param>
/// <param name="Ledgers">Those that changed, whole, by campaign number.</param>
/// <param name="Experiments"><c>null</c>: as before.</param>
/// <param name="Wanted">Accounts of which another node got nothing: what is not needed here is wanted back.</param>
/// <param name="Elsewhere">What the other nodes expect, by campaign number.</param>
public sealed record LedgerChanges(
    long Watermark,
    IReadOnlyList<KeyValuePair<int, CampaignLedger>> Ledgers,
    ExperimentBook? Experiments,
    IReadOnlyList<(int Campaign, int Day)> Wanted,
    IReadOnlyDictionary<int, PaceForecast> Elsewhere);
