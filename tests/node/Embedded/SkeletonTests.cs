using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;

namespace PmOrleans.Node.Tests.Embedded;

public sealed class SkeletonTests
{
    [Fact]
    public async Task a_decision_a_click_and_a_restart_end_to_end()
    {
        using var folder = new NodeFolder();
        string offer;
        await using (var node = await folder.OpenAsync())
        {
            var reply = await node.DecideAsync(new DecisionRequest
            {
                DecisionId = "d-1",
                CustomerId = "c-1",
                Placements = [new PlacementRequest("home.hero", 1, [])],
                Explain = true,
            });
            Assert.Null(reply.Refusal);
            offer = reply.Value!.Placements[0].Offers[0].OfferId;

            var ingest = await node.IngestAsync([new Touchpoint { MessageId = "m-1", CustomerId = "c-1", Type = "click", DecisionId = "d-1" }]);
            Assert.Equal(1, ingest.Value!.Accepted);
        }

        await using (var node = await folder.OpenAsync())
        {
            var again = await node.DecideAsync(new DecisionRequest
            {
                DecisionId = "d-1",
                CustomerId = "c-1",
                Placements = [new PlacementRequest("home.hero", 1, [])],
            });
            var view = await node.ReadCustomerAsync("c-1");
            var decision = await node.ReadDecisionAsync("d-1");

            var published = node.Log.Reader.ReadRange(0, 100)
                .SelectMany(row => FactCodec.Read(row.Accounting, []).OfType<PublishedFact>());

            Assert.Equal(1, Assert.Single(published).Version);
            Assert.True(again.Value!.Repeated);
            Assert.Equal(offer, again.Value.Placements[0].Offers[0].OfferId);
            Assert.Equal(1, view.Value!.Touchpoints.Single(touch => touch.Type == "click").Count);
            Assert.Contains(decision.Value!.Outcomes, outcome => outcome.Event == "click");
        }
    }

    [Fact]
    public async Task a_node_that_is_disposed_by_several_gives_its_folder_back_once()
    {
        using var folder = new NodeFolder();
        var node = await folder.OpenAsync();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () => await node.DisposeAsync())));
        await node.DisposeAsync();

        await using var next = await folder.OpenAsync();
        Assert.Empty(next.NotReadyReasons);
    }
}
