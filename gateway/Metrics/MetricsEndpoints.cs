using PmOrleans.Gateway.Http;
using PmOrleans.Gateway.Json;

namespace PmOrleans.Gateway.Metrics;

internal static class MetricsEndpoints
{
    public static void MapMetrics(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/metrics", (HttpContext context, MetricStore store) =>
                JsonAnswer.SendAsync(context, System.Text.Encoding.UTF8.GetBytes(PrometheusText.Write(store.Collect())), PrometheusText.ContentType))
            .WithTags("Operation")
            .Produces<string>(StatusCodes.Status200OK, "text/plain")
            .AllowAnonymous()
            .Describe("metrics", "Figures in the Prometheus text format 0.0.4.");
}
