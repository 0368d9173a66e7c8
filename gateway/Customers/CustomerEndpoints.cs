using System.Globalization;
using PmOrleans.Decisioning.Form;
using PmOrleans.Gateway.Access;
using PmOrleans.Gateway.Http;
using PmOrleans.Node.Engine;
using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Customers;

internal static class CustomerEndpoints
{
    private const int DefaultFacts = 100;

    public static void MapCustomers(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1").WithTags("Customers");

        group.MapGet("customers/{id}", (HttpContext context, IDecisionNode node) => NodeAnswer.OfAsync(context, node.ReadCustomerAsync, CustomerBody.From))
            .Produces<CustomerBody>()
            .RequireAuthorization(Scopes.Customers)
            .Describe("readCustomer", "The live profile.", 400, 404, 410, 503);

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
            .RequireAuthorization(Scopes.Customers)
            .Describe("readFacts", "A customer's history, oldest first.", 400, 404, 410, 503);
    }

    private static async Task<IResult> ReadFactsAsync(HttpContext context, IDecisionNode node)
    {
        var errors = new ErrorList();
        var id = PathId.Read(context, out var mistake);
        if (id is null)
        {
            errors.Add("id", mistake!);
        }

        var limit = Query(context, "limit", DefaultFacts, 1, NodeEngine.MostFacts, errors);
        var after = Query(context, "after", 0, 0, long.MaxValue, errors);
        if (!errors.IsEmpty)
        {
            return new ProblemResult(Problem.Invalid, "The address has mistakes.", errors.ToDictionary());
        }

        var reply = await node.ReadFactsAsync(id!, after, (int)limit, context.RequestAborted);
        return reply.As(FactPageBody.From);
    }

    private static long Query(HttpContext context, string name, long absent, long least, long most, ErrorList errors)
    {
        if (!context.Request.Query.TryGetValue(name, out var text))
        {
            return absent;
        }

        if (long.TryParse(text.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most)
        {
            return value;
        }

        errors.Add(name, $"is '{Labels.Shown(text.ToString())}'; allowed are {least} to {most}");
        return absent;
    }
}
