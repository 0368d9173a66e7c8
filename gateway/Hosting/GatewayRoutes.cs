using System.Diagnostics.Metrics;
using PmOrleans.Gateway.Access;
using PmOrleans.Gateway.Campaigns;
using PmOrleans.Gateway.Catalog;
using PmOrleans.Gateway.Customers;
using PmOrleans.Gateway.Decisions;
using PmOrleans.Gateway.Experiments;
using PmOrleans.Gateway.Health;
using PmOrleans.Gateway.Http;
using PmOrleans.Gateway.Metrics;
using PmOrleans.Gateway.Offers;
using PmOrleans.Gateway.Placements;
using PmOrleans.Gateway.Segments;
using PmOrleans.Gateway.Touchpoints;

namespace PmOrleans.Gateway.Hosting;

/// <summary>Every address of the edge.</summary>
public static class GatewayRoutes
{
    public static void MapGateway(this WebApplication app)
    {
        app.MapSigns();
        app.MapDecisions(app.Services.GetRequiredService<DecisionHandler>());
        app.MapTouchpoints(app.Services.GetRequiredService<TouchpointHandler>());
        app.MapCustomers();
        app.MapCatalog();
        app.MapVersions();
        app.MapDrafts();
        app.MapTrials();
        app.MapOffers();
        app.MapCampaigns();
        app.MapSegments();
        app.MapExperiments();
        app.MapPlacements();
        app.MapOpenApi("/openapi/v1.json").AllowAnonymous();
    }

    /// <summary>What operators look at, without the API.</summary>
    public static void MapSigns(this WebApplication app)
    {
        app.Services.GetRequiredService<Meter>();
        app.UseMiddleware<EdgeMiddleware>();
        app.UseRouting();
        app.UseKeys();
        app.UseMiddleware<QueryCheck>();
        app.MapHealth();
        app.MapMetrics();
    }
}
