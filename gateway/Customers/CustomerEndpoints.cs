using PmOrleans.Gateway.Access;
using PmOrleans.Gateway.Http;
using PmOrleans.Node.Engine;
using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Customers;

internal static class CustomerEndpoints
{
    private const int DefaultFacts = 100;
    private static readonly QueryParameter Limit = QueryParameter.Whole("limit", 1, NodeEngine.MostFacts, $"Facts in the answer; {DefaultFacts} when left out.");
    private static readonly QueryParameter After = QueryParameter.Whole("after", 0, long.MaxValue, "Sequence of the last fact seen: next of the page before.");

    public static void MapCustomers(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1").WithTags("Customers");

        group.MapGet("customers/{id}", (HttpContext context, IDecisionNode node) => NodeAnswer.OfAsync(context, node.ReadCustomerAsync, CustomerBody.From))
            .Produces<CustomerBody>()
            .RequireAuthorization(Scopes.Customers)
            .Describe("readCustomer", "The live profile.", 400, 404, 503);

        group.MapDelete("customers/{id}", (HttpContext context, IDecisionNode node) => NodeAnswer.OfAsync(context, node.EraseAsync, ErasedBody.From))
            .Produces<ErasedBody>()
            .RequireAuthorization(Scopes.Erase)
            .Describe("eraseCustomer", "Erase a customer: the profile and every personal part, for good. Repeating it is harmless.", 400, 404, 503);

        group.MapPost("customers/{id}/aliases", (HttpContext context, CustomerAliases aliases) => aliases.AddAsync(context))
            .Accepts<AliasBody>(ContentTypes.Json)
            .Produces<CustomerIdsBody>()
            .RequireAuthorization(Scopes.Decide)
            .Describe("addAlias", "Let another outside id point to a known customer. Repeating it is harmless; an id of another customer is a conflict.",
                400, 404, 408, 409, 413, 415, 503);

        group.MapGet("customers/{id}/facts", ReadFactsAsync)
            .Produces<FactPageBody>()
            .Takes(Limit, After)
            .RequireAuthorization(Scopes.Customers)
            .Describe("readFacts", "A customer's history, oldest first.", 400, 404, 503);
    }

    private static Task<IResult> ReadFactsAsync(HttpContext context, IDecisionNode node) => NodeAnswer.OfAsync(
        context,
        (id, cancellation) => node.ReadFactsAsync(id, After.Number(context) ?? 0, (int)(Limit.Number(context) ?? DefaultFacts), cancellation),
        FactPageBody.From);
}
