using PmOrleans.Decisioning.Caps;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Consent;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Profiles;
using PmOrleans.Decisioning.Rules;

namespace PmOrleans.Decisioning.Reach;

/// <summary>
/// Counts, one customer after another, whom each offer of a catalog could reach, and what keeps it from the others. Reads states and changes
/// nothing. One thread; tallies of several add up.
/// </summary>
/// <remarks>
/// Rules, consents, suppression and caps are looked at, as they are for the customer now. What holds for an hour or for everybody (quiet hours, budgets,
/// who is in a holdout) is not: reach is about people. A rule that cannot be evaluated because it reads a context field that was not given counts as holding.
/// </remarks>
public sealed class ReachTally : IDisposable
{
    private readonly DecisionEnvironment _environment;
    private readonly CatalogSnapshot _catalog;
    private readonly Property[] _context;
    private readonly DecisionWorkspace _workspace = new();
    private readonly ReachGroup[] _groups;
    private readonly int[] _rules;
    private readonly bool[] _opens;
    private readonly bool[] _holds;
    private readonly long[] _ruleFails;
    private readonly long[] _heldBack;
    private readonly Dictionary<(int Offer, RemovalReason Reason, int Detail), long> _reasons = [];
    private readonly bool _hasShutCap;

    /// <param name="context">What the requests would say; a field left out is unknown.</param>
    public ReachTally(DecisionEnvironment environment, Property[] context)
    {
        (_environment, _catalog, _context) = (environment, environment.Catalog, context);
        _groups = ReachGroup.Of(_catalog);
        _rules = [.. _groups.SelectMany(group => group.Rules).Distinct().Order()];
        _opens = [.. _catalog.Rules.Select(ReadsUnknownContext)];
        _holds = new bool[_catalog.Rules.Length];
        _ruleFails = new long[_catalog.Rules.Length];
        _heldBack = new long[_catalog.Offers.Length];
        _hasShutCap = _catalog.CapScopes.Any(scope => scope.Cap.Limit == 0);
    }

    public long Customers { get; private set; }

    /// <param name="nowMicros">Customer time, not before the state's last.</param>
    public void Count(CustomerState state, long nowMicros)
    {
        Customers++;
        _workspace.Begin(_catalog.CapScopes.Length);
        _workspace.Input.Begin(_catalog, state, _context, nowMicros, _environment.Rfm);
        CapUse.Begin(state, _catalog, nowMicros, _workspace);
        foreach (var rule in _rules)
        {
            var outcome = _workspace.Input.Evaluate(rule);
            _holds[rule] = outcome == RuleOutcome.True || (outcome == RuleOutcome.Error && _opens[rule]);
            _ruleFails[rule] += _holds[rule] ? 0 : 1;
        }

        var hasHistory = _hasShutCap || !state.Suppressed.IsEmpty || !state.Open.IsEmpty || state.ListCount > 0;
        foreach (var group in _groups)
        {
            if (group.Passes(state, _holds))
            {
                group.Eligible++;
                if (hasHistory)
                {
                    HoldBack(group, state, nowMicros);
                }
            }
        }

        _workspace.Input.End();
    }

    /// <summary>Takes in what another tally of the same catalog has counted.</summary>
    public void Add(ReachTally other)
    {
        Customers += other.Customers;
        for (var i = 0; i < _groups.Length; i++)
        {
            _groups[i].Add(other._groups[i]);
        }

        Add(_ruleFails, other._ruleFails);
        Add(_heldBack, other._heldBack);
        foreach (var (key, count) in other._reasons)
        {
            _reasons[key] = _reasons.GetValueOrDefault(key) + count;
        }
    }

    /// <summary>Every offer in catalog order, with what removes customers, most first.</summary>
    /// <param name="nowMicros">For flights.</param>
    public IReadOnlyList<OfferReach> ToList(long nowMicros)
    {
        var offers = new OfferReach[_catalog.Offers.Length];
        var reasons = _reasons.ToLookup(entry => entry.Key.Offer);
        foreach (var group in _groups)
        {
            foreach (var offer in group.Offers)
            {
                var blocked = Blocked(offer, nowMicros);
                var removals = group.Removals(_ruleFails, _catalog)
                    .Concat(reasons[offer.Ordinal].Select(entry => new ReachRemoval(entry.Key.Reason, Detail(entry.Key.Reason, entry.Key.Detail), entry.Value)))
                    .OrderByDescending(removal => removal.Customers)
                    .ToList();
                offers[offer.Ordinal] = new OfferReach(
                    offer, group.Eligible, blocked == RemovalReason.None ? group.Eligible - _heldBack[offer.Ordinal] : 0, blocked,
                    group.Rules.Any(rule => _opens[rule]), removals);
            }
        }

        return offers;
    }

    public void Dispose() => _workspace.Dispose();

    private void HoldBack(ReachGroup group, CustomerState state, long nowMicros)
    {
        foreach (var offer in group.Offers)
        {
            var (reason, detail) = (RemovalReason.None, 0);
            foreach (var placement in group.Placements)
            {
                (reason, detail) = Suppression.PausedBy(state, offer, placement.ChannelNumber, _catalog, nowMicros) is var rule and > 0
                    ? (RemovalReason.Suppressed, rule)
                    : CapUse.FirstFull(offer, placement, _catalog, _workspace) is { } full
                        ? (RemovalReason.Cap, full.Cap.Number)
                        : (RemovalReason.None, 0);
                if (reason == RemovalReason.None)
                {
                    break;
                }
            }

            if (reason != RemovalReason.None)
            {
                _heldBack[offer.Ordinal]++;
                var key = (offer.Ordinal, reason, detail);
                _reasons[key] = _reasons.GetValueOrDefault(key) + 1;
            }
        }
    }

    /// <summary>What keeps the offer from everybody; flights to come do not.</summary>
    private RemovalReason Blocked(Offer offer, long nowMicros) =>
        offer.Campaign.Paused || _environment.Leases[offer.Campaign.Number].Paused ? RemovalReason.Paused
        : !offer.InStock || _environment.OutOfStock.Contains(offer.Number) ? RemovalReason.OutOfStock
        : offer.Campaign.EndMicros <= nowMicros ? RemovalReason.Flight
        : offer.PlacementIds.IsEmpty ? RemovalReason.Excluded
        : RemovalReason.None;

    private string? Detail(RemovalReason reason, int number) => reason == RemovalReason.Cap
        ? _catalog.Registry.IdOf(IdKind.Cap, number)
        : _catalog.FindSuppression(number)?.Id;

    private bool ReadsUnknownContext(CompiledRule rule) => rule.Slots.Any(slot =>
        _catalog.Bindings[slot] is { Source: SlotSource.Context, Name: var name } && Array.TrueForAll(_context, given => given.Name != name));

    private static void Add(long[] to, long[] from)
    {
        for (var i = 0; i < to.Length; i++)
        {
            to[i] += from[i];
        }
    }
}
