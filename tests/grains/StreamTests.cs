using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.GrainInterfaces;
using PmOrleans.GrainInterfaces.Streams;

namespace PmOrleans.Grains.Tests;

public sealed class StreamTests
{
    [Fact]
    public async Task touchpoints_of_a_stream_reach_their_customers_in_order_and_a_repeat_changes_nothing()
    {
        await using var silo = await StreamingSilo.StartAsync();
        var stream = silo.Streams.GetStream<TouchpointBatch>(StreamId.Create(StreamNames.Touchpoints, Guid.Parse("11111111-0000-0000-0000-000000000001")));

        for (var n = 0; n < 20; n++)
        {
            await stream.OnNextAsync(new TouchpointBatch([View("c-1", n)]));
        }

        await stream.OnNextAsync(new TouchpointBatch([View("c-1", 3), View("c-2", 0), View("c-1", 20)]));

        var page = await silo.UntilAsync(
            async () => (await silo.Node.ReadFactsAsync("c-1", 0, 100)).Value, page => page?.Facts.Any(fact => fact.Touchpoint?.MessageId == "c-1/20") == true);
        Assert.Equal(
            string.Join(' ', Enumerable.Range(0, 21).Select(n => $"c-1/{n}")),
            string.Join(' ', page!.Facts.Select(fact => fact.Touchpoint?.MessageId).OfType<string>()));
        Assert.NotNull(await silo.UntilAsync(async () => (await silo.Node.ReadCustomerAsync("c-2")).Value, customer => customer is not null));
    }

    [Fact]
    public async Task what_breaks_a_rule_is_dropped_and_does_not_hold_up_what_follows()
    {
        await using var silo = await StreamingSilo.StartAsync();
        var stream = silo.Streams.GetStream<TouchpointBatch>(StreamId.Create(StreamNames.Touchpoints, Guid.Parse("11111111-0000-0000-0000-000000000002")));

        await stream.OnNextAsync(new TouchpointBatch([View("c-1", 0) with { ValueMicros = 1, Currency = "XXX" }]));
        await stream.OnNextAsync(new TouchpointBatch([View("c-1", 1)]));

        var page = await silo.UntilAsync(async () => (await silo.Node.ReadFactsAsync("c-1", 0, 100)).Value, page => page?.Facts.Any(fact => fact.Touchpoint is not null) == true);
        Assert.Equal("c-1/1", page!.Facts.Single(fact => fact.Touchpoint is not null).Touchpoint!.MessageId);
    }

    [Fact]
    public async Task committed_decisions_and_segment_changes_are_published_under_the_customers_key()
    {
        await using var silo = await StreamingSilo.StartAsync();
        await silo.Node.IngestAsync([View("c-1", 0)]);
        var answer = (await silo.Node.DecideAsync(new DecisionRequest { DecisionId = "d-1", CustomerId = "c-1", Placements = [new PlacementRequest("p", 1, [])] })).Value!;

        await silo.UntilAsync(() => ValueTask.FromResult<StreamListener?>(StreamListener.Instance), listener => listener is { Decisions.IsEmpty: false, Segments.IsEmpty: false });

        // What comes at least once may come twice.
        var (key, decision) = StreamListener.Instance.Decisions.DistinctBy(one => one.Decision.Sequence).Single();
        var (segmentKey, change) = StreamListener.Instance.Segments.First();

        Assert.Equal(answer.Placements[0].Offers[0].OfferId, decision.Offers.Single().OfferId);
        Assert.Equal(("p", "c", "silo-1"), (decision.Offers[0].PlacementId, decision.Offers[0].CampaignId, decision.Node));
        Assert.Equal(answer.AtMicros, decision.AtMicros);
        Assert.Equal("viewers", change.Entered.Single());
        Assert.Empty(change.Left);
        Assert.Equal(key, segmentKey);
    }

    private static Touchpoint View(string customer, int n) => new() { MessageId = $"{customer}/{n}", CustomerId = customer, Type = "view" };
}
