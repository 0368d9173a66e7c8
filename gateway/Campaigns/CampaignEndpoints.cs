using PmOrleans.Gateway.Access;
using PmOrleans.Gateway.Http;
using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Campaigns;

internal static class CampaignEndpoints
{
    public static void MapCampaigns(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1").WithTags("Campaigns");

        group.MapGet("campaigns", async (HttpContext context, IDecisionNode node) => (await node.ReadCampaignsAsync(context.RequestAborted)).As(CampaignListBody.From))
            .Produces<CampaignListBody>()
            .RequireAuthorization(Scopes.Read)
            .Describe("readCampaigns", "Every campaign with ledger, price and results.", 404, 503);

        group.MapGet("campaigns/{id}", (HttpContext context, IDecisionNode node) => NodeAnswer.OfAsync(context, node.ReadCampaignAsync, CampaignBody.From))
            .Produces<CampaignBody>()
            .RequireAuthorization(Scopes.Read)
            .Describe("readCampaign", "A campaign's ledger, price, and results of each offer.", 400, 404, 503);

        group.MapPost("campaigns/{id}/pause", (HttpContext context, IDecisionNode node) => SetPausedAsync(context, node, paused: true))
            .TakesNoBody()
            .Produces<CampaignBody>()
            .RequireAuthorization(Scopes.Publish)
            .Describe("pauseCampaign", "Pause a campaign; live within a second, and survives a publish. Repeating it is harmless.", 400, 404, 503);

        group.MapPost("campaigns/{id}/resume", (HttpContext context, IDecisionNode node) => SetPausedAsync(context, node, paused: false))
            .TakesNoBody()
            .Produces<CampaignBody>()
            .RequireAuthorization(Scopes.Publish)
            .Describe("resumeCampaign", "Resume a campaign. Repeating it is harmless.", 400, 404, 503);
    }

    private static Task<IResult> SetPausedAsync(HttpContext context, IDecisionNode node, bool paused) =>
        NodeAnswer.OfAsync(context, (id, cancellation) => node.SetPausedAsync(id, paused, cancellation), CampaignBody.From);
}
