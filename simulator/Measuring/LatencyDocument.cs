namespace PmOrleans.Simulator.Measuring;

/// <param name="Count">Samples.</param>
/// <param name="Seconds">One entry a second of the run in which something was answered.</param>
public sealed record LatencyDocument(long Count, double MeanMs, IReadOnlyList<QuantilePoint> Quantiles, IReadOnlyList<LatencySlice> Seconds)
{
    /// <summary>Milliseconds at one of the quantiles that are kept.</summary>
    public double At(double quantile) => Quantiles.FirstOrDefault(point => Math.Abs(point.Quantile - quantile) < 1e-9)?.Milliseconds ?? 0;
}

public sealed record QuantilePoint(double Quantile, double Milliseconds);

/// <summary>What was answered in one second.</summary>
/// <param name="Second">After the beginning.</param>
public sealed record LatencySlice(long Second, long Count, long Errors, double P50Ms, double P95Ms, double P99Ms, double MaxMs);
