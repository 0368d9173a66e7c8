using System.Text;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Simulator.Targets;

namespace PmOrleans.Simulator.Tests.Targets;

public sealed class RequestJsonTests
{
    [Fact]
    public void the_same_file_replayed_again_has_other_ids_and_its_touchpoints_still_answer_its_decisions()
    {
        var touch = new Touchpoint { MessageId = "m1", CustomerId = "c", Type = "click", DecisionId = "d1" };
        var request = new DecisionRequest { DecisionId = "d1", CustomerId = "c", Placements = [new PlacementRequest("p", 1, [])], Touchpoints = [touch] };

        var decision = Encoding.UTF8.GetString(RequestJson.Decision(request, withTime: false, "run-"));
        var touchpoints = Encoding.UTF8.GetString(RequestJson.Touchpoints([touch], "run-"));

        Assert.StartsWith("{\"decisionId\":\"run-d1\",\"customerId\":\"c\"", decision, StringComparison.Ordinal);
        Assert.Contains("\"messageId\":\"run-m1\"", decision, StringComparison.Ordinal);
        Assert.Contains("\"messageId\":\"run-m1\"", touchpoints, StringComparison.Ordinal);
        Assert.Contains("\"decisionId\":\"run-d1\"", touchpoints, StringComparison.Ordinal);
    }
}
