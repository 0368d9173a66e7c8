using System.Diagnostics.Metrics;
using PmOrleans.Node.Port;
using PmOrleans.Decisioning.Decisions;

namespace PmOrleans.Node.Engine;

/// <summary>The node's instruments, under the meter <c>PmOrleans.Node</c>; names and units as OpenTelemetry writes them.</summary>
internal sealed class NodeMetrics : IDisposable
{
    public const string MeterName = "PmOrleans.Node";
    private readonly Meter _meter = new(MeterName);
    private readonly Counter<long> _decisions;
    private readonly Counter<long> _offers;
    private readonly Counter<long> _empty;
    private readonly Counter<long> _touchpoints;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _wakes;
    private readonly Counter<long> _queued;
    private readonly Counter<long> _delivered;
    private readonly Counter<long> _setAside;
    private readonly Histogram<double> _queueLag;

    public NodeMetrics(NodeEngine node)
    {
        _decisions = _meter.CreateCounter<long>("pmorleans.decisions", "{decision}", "Decisions answered.");
        _offers = _meter.CreateCounter<long>("pmorleans.decisions.offers", "{offer}", "Offers answered, by placement and whether it was the fallback.");
        _empty = _meter.CreateCounter<long>("pmorleans.decisions.empty", "{placement}", "Placements answered with nothing, not even a fallback, outside of quiet hours that hold.");
        _touchpoints = _meter.CreateCounter<long>("pmorleans.touchpoints", "{touchpoint}", "Touchpoints by what became of them.");
        _refused = _meter.CreateCounter<long>("pmorleans.requests.refused", "{request}", "Requests refused for lack of room or log.");

        // A rate sees the first refusal only if there was a nothing before it.
        foreach (var reason in (string[])["log", "queue-backlog", "queue-bytes", "queue-wait"])
        {
            _refused.Add(0, new KeyValuePair<string, object?>("reason", reason));
        }

        _wakes = _meter.CreateCounter<long>("pmorleans.customers.woken", "{customer}", "Customers for whom time alone ended something.");
        _queued = _meter.CreateCounter<long>("pmorleans.queue.accepted", "{touchpoint}", "Touchpoints queued.");
        _delivered = _meter.CreateCounter<long>("pmorleans.queue.delivered", "{touchpoint}", "Queued touchpoints that this node has brought to their customers.");
        _setAside = _meter.CreateCounter<long>("pmorleans.queue.set_aside", "{touchpoint}", "Queued touchpoints that could not be applied and wait for an operator.");
        foreach (var counter in (Counter<long>[])[_queued, _delivered, _setAside])
        {
            counter.Add(0);
        }

        _queueLag = _meter.CreateHistogram<double>("pmorleans.queue.lag", "s", "From queued to applied and visible.");
        _meter.CreateObservableGauge("pmorleans.queue.backlog", () => node.Queue?.Backlog.Rows ?? 0, "{touchpoint}", "Waiting in the queue of the whole cluster.");
        _meter.CreateObservableGauge("pmorleans.queue.age", () => node.Queue?.Age.TotalSeconds ?? 0, "s", "Age of the oldest that waits in the queue of the whole cluster.");
        _meter.CreateObservableGauge("pmorleans.customers.live", () => node.Directory.Count, "{customer}", "Customers in memory.");
        _meter.CreateObservableGauge("pmorleans.customers.dirty", () => node.Dirty.Count, "{customer}", "Customers with records no snapshot holds.");
        _meter.CreateObservableGauge("pmorleans.projection.lag", () => node.Accounts.Lag, "{record}", "Records committed and not yet folded.");
        _meter.CreateObservableGauge("pmorleans.log.sequence", () => node.Log.CommittedSequence, "{record}", "Sequence of the last committed record.");
        _meter.CreateObservableGauge("pmorleans.log.cut", () => node.CutTo, "{record}", "Sequence of the last record that was cut from the log; 0 for none.");
        _meter.CreateObservableGauge(
            "pmorleans.log.held", () => node.Log.CommittedSequence - node.CutTo, "{record}", "Records that are in the log: committed and not cut.");
        _meter.CreateObservableGauge(
            "pmorleans.log.cut.time", () => (node.Retention?.DoneAtMicros ?? 0) / 1e6, "s", "When the last cut was through, in Unix time of the node's clock; 0 before the first.");
        _meter.CreateObservableGauge(
            "pmorleans.log.cut.age", () => node.Retention?.DoneAtMicros is { } done ? (node.NowMicros - done) / 1e6 : 0, "s", "Since the last cut was through, by the node's clock; 0 before the first.");
        _meter.CreateObservableCounter("pmorleans.log.cut.failures", () => node.Retention?.Failures ?? 0, "{cut}", "Cuts that ended before all that was due was cut.");
        _meter.CreateObservableGauge("pmorleans.store.bytes", () => Known(node.Log.Size?.Bytes), "By", "Size of the store's file.");
        _meter.CreateObservableGauge("pmorleans.store.free.bytes", () => Known(node.Log.Size?.FreeBytes), "By", "Of the store's file what is free for new records.");
        _meter.CreateObservableCounter(
            "pmorleans.quiet_hours.unknown_zone", () => node.Commands.UnknownZones, "{placement}", "Quiet hours asked for customers whose time zone does not exist.");
        _meter.CreateObservableGauge(
            "pmorleans.refold.progress", () => node.Refolding.Percent, "%", "How far the store's customers are folded with the live catalog's definitions.");
        _meter.CreateObservableGauge("pmorleans.catalog.version", () => node.CatalogVersion, "{version}", "Live version of the catalog.");
        _meter.CreateObservableGauge("pmorleans.campaign.price", () => node.CampaignGauges(lease => lease.Price), description: "Shadow price of a campaign's money.");
        _meter.CreateObservableGauge(
            "pmorleans.campaign.lease", () => node.CampaignGauges(lease => lease.TotalMicros / 1e6), "{currency}", "Unspent on this node's lease of the total budget.");
    }

    /// <summary>No series while there is nothing to say.</summary>
    private static IEnumerable<Measurement<T>> Known<T>(T? value)
        where T : struct => value is { } known ? [new Measurement<T>(known)] : [];

    public void CountDecision(Reply<DecisionAnswer> reply)
    {
        if (reply.Value is not { } answer)
        {
            return;
        }

        _decisions.Add(1);
        foreach (var placement in answer.Placements)
        {
            if (placement is { Offers: [], HoldUntilMicros: null })
            {
                _empty.Add(1, new KeyValuePair<string, object?>("placement", placement.PlacementId));
            }

            foreach (var offer in placement.Offers)
            {
                _offers.Add(1, new("placement", placement.PlacementId), new("fallback", offer.Fallback));
            }
        }
    }

    public void CountTouchpoints(int accepted, int duplicates, int rejected)
    {
        Add(accepted, "accepted");
        Add(duplicates, "duplicate");
        Add(rejected, "rejected");

        void Add(int count, string result)
        {
            if (count > 0)
            {
                _touchpoints.Add(count, new KeyValuePair<string, object?>("result", result));
            }
        }
    }

    public void CountRefused(string reason) => _refused.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public void CountQueued(int touchpoints) => _queued.Add(touchpoints);

    public void CountDelivered(TimeSpan lag)
    {
        _delivered.Add(1);
        _queueLag.Record(lag.TotalSeconds);
    }

    public void CountSetAside() => _setAside.Add(1);

    public void CountWake() => _wakes.Add(1);

    public void Dispose() => _meter.Dispose();
}
