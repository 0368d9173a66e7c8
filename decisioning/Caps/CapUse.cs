using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Profiles;

namespace PmOrleans.Decisioning.Caps;

/// <summary>How much of each cap is used at the moment of a decision: counted events in the window plus open reservations.</summary>
internal static class CapUse
{
    /// <summary>Fills the workspace for a customer, in time proportional to what the customer did, not to what the catalog holds.</summary>
    public static void Begin(CustomerState state, CatalogSnapshot catalog, long nowMicros, DecisionWorkspace workspace)
    {
        if (catalog.Caps.IsEmpty)
        {
            return;
        }

        for (var i = 0; i < state.ListCount; i++)
        {
            var id = state.ListIdAt(i);
            if (!MetricLists.IsMetric(id) && catalog.CapScopeByCounter.TryGetValue(id, out var scope))
            {
                workspace.UseCap(scope, CapCounters.Count(state.ListAt(i), scope, nowMicros));
            }
        }

        var hold = catalog.CapHold.Ticks / TimeSpan.TicksPerMicrosecond;
        foreach (ref readonly var open in state.Open)
        {
            // One that no cap waited for when it was answered holds its place under a cap that was published since.
            if ((open.HoldUntilMicros == 0 ? open.AtMicros + hold : open.HoldUntilMicros) > nowMicros)
            {
                Reserve(in open, catalog, workspace);
            }
        }
    }

    /// <summary>An answer given in this decision uses its scopes at once, for the slots that follow.</summary>
    public static void Take(Offer offer, int channel, CatalogSnapshot catalog, DecisionWorkspace workspace)
    {
        if (catalog.Caps.IsEmpty)
        {
            return;
        }

        foreach (var scope in catalog.Caps.For(offer.Number, offer.Campaign.Number, offer.CategoryNumber, channel))
        {
            workspace.UseCap(scope, scope.WeightOf(channel));
        }
    }

    /// <summary>The first scope that is full, or <c>null</c>.</summary>
    public static CapScope? FirstFull(Offer offer, Placement placement, CatalogSnapshot catalog, DecisionWorkspace workspace)
    {
        foreach (var scope in offer.CapScopes)
        {
            if (scope.IsFull(workspace.CapUsed(scope), placement.ChannelNumber))
            {
                return scope;
            }
        }

        if (catalog.CapScopesByChannel.TryGetValue(placement.ChannelNumber, out var ofChannel))
        {
            foreach (var scope in ofChannel)
            {
                if (scope.IsFull(workspace.CapUsed(scope), placement.ChannelNumber))
                {
                    return scope;
                }
            }
        }

        return null;
    }

    private static void Reserve(in OpenDecision open, CatalogSnapshot catalog, DecisionWorkspace workspace)
    {
        foreach (var scope in catalog.Caps.For(open.Offer, open.Campaign, open.Category, open.Channel))
        {
            var waits = scope.Cap.Event switch
            {
                CappedEvent.Impression => !open.Has(OpenFlags.Impressed),
                CappedEvent.Click => !open.Has(OpenFlags.Clicked),
                CappedEvent.Conversion => !open.Has(OpenFlags.Converted),
                _ => false,
            };
            if (waits)
            {
                workspace.UseCap(scope, scope.WeightOf(open.Channel));
            }
        }
    }
}
