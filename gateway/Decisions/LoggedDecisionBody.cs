using System.Text.Json;
using PmOrleans.Gateway.Customers;
using PmOrleans.Gateway.Json;
using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Decisions;

/// <summary>A decision as it is in the log: the answer, the context it was made in, and its outcomes.</summary>
internal sealed record LoggedDecisionBody(
    string DecisionId,
    string CustomerId,
    DateTime At,
    int CatalogVersion,
    bool Degraded,
    IReadOnlyDictionary<string, JsonElement>? Context,
    IReadOnlyList<PlacementBody> Placements,
    IReadOnlyList<OutcomeBody> Outcomes)
{
    public static LoggedDecisionBody From(DecisionView view)
    {
        var answer = DecisionBody.From(view.Answer);
        return new LoggedDecisionBody(
            answer.DecisionId, answer.CustomerId, answer.At, answer.CatalogVersion, answer.Degraded, Bodies.Bag(view.Context), answer.Placements,
            [.. view.Outcomes.Select(OutcomeBody.From)]);
    }
}
