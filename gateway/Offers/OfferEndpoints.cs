using System.ComponentModel;
using PmOrleans.Gateway.Access;
using PmOrleans.Gateway.Http;
using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Offers;

/// <summary>The switch that takes a single offer off the shelf.</summary>
internal static class OfferEndpoints
{
    public static void MapOffers(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/offers").WithTags("Offers");

        group.MapPost("{id}/out-of-stock", (HttpContext context, IDecisionNode node) => SetStockAsync(context, node, inStock: false))
            .TakesNoBody()
            .Produces<OfferStockBody>()
            .RequireAuthorization(Scopes.Publish)
            .Describe("offerOutOfStock", "Stop showing an offer; live within a second, and survives a publish. Repeating it is harmless.", 400, 404, 503);

        group.MapPost("{id}/in-stock", (HttpContext context, IDecisionNode node) => SetStockAsync(context, node, inStock: true))
            .TakesNoBody()
            .Produces<OfferStockBody>()
            .RequireAuthorization(Scopes.Publish)
            .Describe("offerInStock", "Show an offer again. What the catalog says of its stock still holds. Repeating it is harmless.", 400, 404, 503);
    }

    private static Task<IResult> SetStockAsync(HttpContext context, IDecisionNode node, bool inStock) =>
        NodeAnswer.OfAsync(context, (id, cancellation) => node.SetStockAsync(id, inStock, cancellation), OfferStockBody.From);
}

/// <summary>An offer's stock.</summary>
internal sealed record OfferStockBody(
    string OfferId,
    string CampaignId,
    [property: Description("Whether it can be shown: in stock by the catalog, and not switched off.")] bool InStock,
    [property: Description("Switched off by an operator.")] bool SwitchedOff)
{
    public static OfferStockBody From(OfferStockView view) => new(view.OfferId, view.CampaignId, view.InStock, view.SwitchedOff);
}
