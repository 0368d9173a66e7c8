using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Profiles;
using PmOrleans.Node.Port;

namespace PmOrleans.Node.Customers;

/// <summary>A live state as people and programs read it.</summary>
internal static class CustomerViews
{
    public static CustomerView Of(string customerId, CustomerState state, DecisionEnvironment environment, long nowMicros)
    {
        var catalog = environment.Catalog;
        return new CustomerView(
            customerId,
            state.Ids,
            state.Sequence,
            state.FirstSeenMicros,
            state.LastSeenMicros,
            state.LastChannel,
            [.. state.Attributes.ToArray().Select(attribute => new Property(attribute.Name, attribute.Value))],
            [.. state.Consents.ToArray().Select(consent => new ConsentView(consent.Purpose, consent.Granted, consent.AtMicros))],
            [.. state.Tallies.ToArray().Select(tally => new TouchView(tally.Type, tally.Count, tally.LastAtMicros, tally.ValueMicros))],
            [.. catalog.Metrics.Select(metric => new MetricView(metric.Name, state.ReadMetric(metric, nowMicros)))],
            SegmentMembership.Of(state, catalog, nowMicros),
            Caps(state, catalog, nowMicros),
            Open(state, catalog));
    }

    private static List<CapView> Caps(CustomerState state, CatalogSnapshot catalog, long nowMicros)
    {
        var views = new List<CapView>();
        foreach (var (scope, counted, reserved) in CapStatus.Of(state, catalog, nowMicros))
        {
            var kind = scope.Cap.Per switch
            {
                CapPer.Offer => IdKind.Offer,
                CapPer.Campaign => IdKind.Campaign,
                CapPer.Category => IdKind.Category,
                CapPer.Channel => IdKind.Channel,
                _ => default,
            };
            views.Add(new CapView(
                scope.Cap.Id,
                scope.Cap.Per.ToString().ToLowerInvariant(),
                kind == default ? null : catalog.Registry.IdOf(kind, scope.Over),
                scope.Cap.Event.ToString().ToLowerInvariant(),
                scope.Cap.Limit,
                counted,
                reserved));
        }

        return views;
    }

    private static List<OpenDecisionView> Open(CustomerState state, CatalogSnapshot catalog)
    {
        var views = new List<OpenDecisionView>();
        foreach (ref readonly var open in state.Open)
        {
            views.Add(new OpenDecisionView(
                catalog.Registry.IdOf(IdKind.Offer, open.Offer) ?? "",
                open.AtMicros,
                open.GoalUntilMicros,
                open.Has(OpenFlags.Impressed),
                open.Has(OpenFlags.Clicked),
                open.Has(OpenFlags.Resolved)));
        }

        return views;
    }
}
