using System.Globalization;

namespace PmOrleans.Simulator.Load;

/// <summary>Whether the generator, and not the gateway, made the figures.</summary>
internal static class Bottleneck
{
    /// <summary>The reason, or <c>null</c>.</summary>
    /// <param name="lagMs">99th percentile of how late the generator began to send although a connection was free.</param>
    /// <param name="latencyMs">99th percentile of the latencies.</param>
    /// <param name="ownShare">Of all processors, used by the generator.</param>
    /// <param name="machineShare">Of all processors, used by everybody; <c>null</c>: not known.</param>
    public static string? Of(double lagMs, double latencyMs, long allBusy, long intended, double ownShare, double? machineShare, int connections)
    {
        if (lagMs > 2 && lagMs > latencyMs / 2)
        {
            return Text($"the generator itself began to send late: 99 % of its own delay is {lagMs:F1} ms of {latencyMs:F1} ms");
        }

        if (ownShare > .9)
        {
            return Text($"the generator used {100 * ownShare:F0} % of this machine's processors");
        }

        if (allBusy * 20 > intended)
        {
            return Text($"{100.0 * allBusy / Math.Max(1, intended):F0} % of the requests found all {connections} connections busy: they waited in the generator; raise --connections");
        }

        return machineShare > .95 && ownShare > .25
            ? Text($"this machine's processors were busy to {100 * machineShare:F0} %, {100 * ownShare:F0} % of them with the generator: the gateway would hold more with the generator elsewhere")
            : null;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
