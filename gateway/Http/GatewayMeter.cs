using System.Diagnostics.Metrics;

namespace PmOrleans.Gateway.Http;

/// <summary>The edge's own figures, beside those that ASP.NET Core keeps of every request.</summary>
internal static class GatewayMeter
{
    public const string Name = "PmOrleans.Gateway";

    private static readonly Meter Meter = new(Name);

    private static readonly Counter<long> Problems =
        Meter.CreateCounter<long>("pmorleans.gateway.problems", "{answer}", "Problem documents answered, by code.");

    private static readonly Counter<long> Touchpoints =
        Meter.CreateCounter<long>("pmorleans.gateway.touchpoints", "{touchpoint}", "Touchpoints received, by what became of them.");

    private static readonly Counter<long> UnprotectedTouchpoints =
        Meter.CreateCounter<long>("pmorleans.gateway.touchpoints.unprotected", "{touchpoint}", "Touchpoints accepted without a message id.");

    private static readonly Counter<long> Decisions =
        Meter.CreateCounter<long>("pmorleans.gateway.decisions", "{decision}", "Decisions answered, by how.");

    public static void Refused(string code) => Problems.Add(1, new KeyValuePair<string, object?>("code", code));

    public static void Decided(string how) => Decisions.Add(1, new KeyValuePair<string, object?>("result", how));

    public static void Ingested(int accepted, int duplicates, int rejected, int unprotected)
    {
        Count("accepted", accepted);
        Count("duplicate", duplicates);
        Count("rejected", rejected);
        if (unprotected > 0)
        {
            UnprotectedTouchpoints.Add(unprotected);
        }
    }

    /// <summary>Registers the gauges of one running edge; they end with the meter that is returned.</summary>
    public static Meter Watch(ByteBudget bytes, Drain drain, WaitEstimate decisions, WaitEstimate touchpoints)
    {
        var meter = new Meter(Name);
        meter.CreateObservableGauge("pmorleans.gateway.inflight.bytes", () => bytes.Taken, "By", "Bytes of bodies under way.");
        meter.CreateObservableGauge("pmorleans.gateway.inflight.requests", () => drain.UnderWay, "{request}", "Requests under way.");
        meter.CreateObservableGauge("pmorleans.gateway.wait.estimate", () => new[]
        {
            new Measurement<double>(decisions.EstimateMs() / 1000, new KeyValuePair<string, object?>("kind", "decisions")),
            new Measurement<double>(touchpoints.EstimateMs() / 1000, new KeyValuePair<string, object?>("kind", "touchpoints")),
        }, "s", "Estimated wait of the next request; above max-wait-ms it is refused.");
        return meter;
    }

    private static void Count(string result, int touchpoints)
    {
        if (touchpoints > 0)
        {
            Touchpoints.Add(touchpoints, new KeyValuePair<string, object?>("result", result));
        }
    }
}
