namespace PmOrleans.Gateway.Metrics;

internal enum MetricKind
{
    Counter,
    Gauge,
    Histogram,
}
