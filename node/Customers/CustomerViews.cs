using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Profiles;
using PmOrleans.Decisioning.Rules;
using PmOrleans.Node.Port;

namespace PmOrleans.Node.Customers;

/// <summary>A live state as people and programs read it.</summary>
internal static class CustomerViews
{
    /// <param name="since">Since when a metric counts everything, where the log was cut before it was declared.</param>
    public static CustomerView Of(string customerId, CustomerState state, DecisionEnvironment environment, long nowMicros, Func<MetricDefinition, long?>? since = null)
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
            Consents(state),
            [.. state.Tallies.ToArray().Select(tally => new TouchView(tally.Type, tally.Count, tally.LastAtMicros, tally.ValueMicros))],
            [.. catalog.Metrics.Select(metric => Metric(state, metric, nowMicros) with { SinceMicros = SinceOf(state, metric, nowMicros, since) })],
            SegmentMembership.Of(state, catalog, nowMicros, environment.Rfm),
            Caps(state, catalog, nowMicros),
            Open(state, catalog))
        {
            Suppressed = Suppressed(state, catalog, nowMicros),
            Experiments = Experiments(state, catalog),
        };
    }

    private static long? SinceOf(CustomerState state, MetricDefinition metric, long nowMicros, Func<MetricDefinition, long?>? since) =>
        since?.Invoke(metric) is { } from && state.FirstSeenMicros <= from && (metric.Kind == MetricKind.Decayed || from > nowMicros - (metric.Window.Ticks / TimeSpan.TicksPerMicrosecond)) ? from : null;

    private static List<AssignmentView> Experiments(CustomerState state, CatalogSnapshot catalog)
    {
        var views = new List<AssignmentView>();
        foreach (var (experiment, variant, at, value) in state.Experiments)
        {
            var (experimentId, variantId) = catalog.Registry.VariantOf(experiment, variant);
            views.Add(new AssignmentView(experimentId, variantId, at, value));
        }

        return views;
    }

    private static MetricView Metric(CustomerState state, MetricDefinition metric, long nowMicros)
    {
        if (!state.TryReadMetric(metric, nowMicros, out var value))
        {
            return new MetricView(metric.Name, null);
        }

        return value.Kind switch
        {
            CelKind.String => new MetricView(metric.Name, null) { Text = value.AsString() },
            CelKind.Map => new MetricView(metric.Name, null)
            {
                ByKey = ((KeyedMetric)value.AsMap()).Entries.ToDictionary(entry => entry.Key, entry => Number(entry.Value), StringComparer.Ordinal),
            },
            _ => new MetricView(metric.Name, Number(value)),
        };

        static double Number(CelValue number) => number.Kind == CelKind.Int ? number.AsInt() : number.AsDouble();
    }

    private static List<ConsentView> Consents(CustomerState state)
    {
        var views = new List<ConsentView>();
        foreach (var (purpose, granted, at) in state.Consents)
        {
            views.Add(new ConsentView(purpose, granted, at));
        }

        foreach (var (purpose, channel, granted, at) in state.ChannelConsents)
        {
            views.Add(new ConsentView(purpose, granted, at) { Channel = channel });
        }

        return views;
    }

    private static List<SuppressedView> Suppressed(CustomerState state, CatalogSnapshot catalog, long nowMicros)
    {
        var views = new List<SuppressedView>();
        foreach (var (rule, per, over, until) in state.Suppressed)
        {
            if (until > nowMicros && catalog.FindSuppression(rule) is { } known)
            {
                views.Add(new SuppressedView(known.Id, per.ToString().ToLowerInvariant(), NameOf(per, over, catalog), until));
            }
        }

        return views;
    }

    private static string? NameOf(CapPer per, int over, CatalogSnapshot catalog) => per switch
    {
        CapPer.Offer => catalog.Registry.IdOf(IdKind.Offer, over),
        CapPer.Campaign => catalog.Registry.IdOf(IdKind.Campaign, over),
        CapPer.Category => catalog.Registry.IdOf(IdKind.Category, over),
        CapPer.Channel => catalog.Registry.IdOf(IdKind.Channel, over),
        _ => null,
    };

    private static List<CapView> Caps(CustomerState state, CatalogSnapshot catalog, long nowMicros)
    {
        var views = new List<CapView>();
        foreach (var (scope, counted, reserved) in CapStatus.Of(state, catalog, nowMicros))
        {
            views.Add(new CapView(
                scope.Cap.Id,
                scope.Cap.Per.ToString().ToLowerInvariant(),
                NameOf(scope.Cap.Per, scope.Over, catalog),
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
