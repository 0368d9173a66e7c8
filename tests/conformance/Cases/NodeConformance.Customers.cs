using PmOrleans.Node.Port;

namespace PmOrleans.Conformance;

/// <content>Customers: idempotency, reading one's writes, erasure, restarts.</content>
public abstract partial class NodeConformance
{
    [CaseFact]
    public async Task a_repeated_decision_id_gets_the_same_answer_and_another_body_or_customer_is_refused()
    {
        await PublishAsync(Catalog("name: C"));
        var first = Value(await Node.DecideAsync(Request("c-1", "d-1")));

        var again = Value(await Node.DecideAsync(Request("c-1", "d-1")));

        Assert.True(again.Repeated);
        Assert.Equal(
            first.Placements[0].Offers.Select(offer => (offer.Rank, offer.OfferId, offer.Propensity, offer.Score)),
            again.Placements[0].Offers.Select(offer => (offer.Rank, offer.OfferId, offer.Propensity, offer.Score)));
        Assert.Equal(first.AtMicros, again.AtMicros);
        IsRefused(RefusalKind.Conflict, await Node.DecideAsync(Request("c-1", "d-1", count: 2)));
        IsRefused(RefusalKind.Conflict, await Node.DecideAsync(Request("c-2", "d-1")));
        Assert.Equal(1, Value(await Node.ReadCustomerAsync("c-1")).Sequence);
    }

    [CaseFact]
    public async Task a_repeated_message_changes_nothing_and_a_batch_over_many_customers_keeps_its_indexes()
    {
        await PublishAsync(Catalog("name: C"));
        var ahead = DateTimeOffset.UtcNow.AddMinutes(30).ToUnixTimeMilliseconds() * 1000;

        var answer = await SendAsync(
            Event("c-1", "view", "m-1"), Event("c-2", "view", "m-1"), Event("c-1", "view", "m-2", at: ahead), Event("c-3", "view"), Event("c-1", "view", "m-1"));

        Assert.Equal((3, 1, 1), (answer.Accepted, answer.Duplicates, answer.Unprotected));
        Assert.Equal(2, Assert.Single(answer.Rejected).Index);
        var again = await SendAsync(Event("c-1", "view", "m-1"), Event("c-2", "view", "m-1"));
        Assert.Equal((0, 2), (again.Accepted, again.Duplicates));
        Assert.Equal(1, Value(await Node.ReadCustomerAsync("c-1")).Touchpoints.Single(touch => touch.Type == "view").Count);
    }

    [CaseFact]
    public async Task what_has_no_customer_is_refused_by_field()
    {
        await PublishAsync(Catalog("name: C"));

        var refused = await Node.DecideAsync(Request(null!));
        var answer = await SendAsync(Event("c-1", "view", "m-1"), Event(null!, "view", "m-2"));

        IsRefused(RefusalKind.Invalid, refused);
        Assert.Equal(["customerId"], refused.Refusal!.Errors!.Keys, StringComparer.Ordinal);
        Assert.Equal((1, 1), (answer.Accepted, Assert.Single(answer.Rejected).Index));
    }

    [CaseFact]
    public async Task the_history_says_which_decision_an_event_answered_and_what_it_brought()
    {
        await PublishAsync(Catalog("name: C"));
        var offer = Assert.Single(await OffersAsync(Request("c-1", "d-1")));
        await SendAsync(
            Event("c-1", "click", "m-1", "d-1"), Event("c-1", "purchase", "m-2", "d-1") with { OfferId = offer.OfferId, ValueMicros = 59_900_000, Currency = "EUR" });

        var all = Value(await Node.ReadFactsAsync("c-1", 0, 100)).Facts;
        var decided = all.Single(fact => fact.Decision is not null).Sequence;
        foreach (var facts in new[] { all, Value(await Node.ReadFactsAsync("c-1", decided, 100)).Facts })
        {
            var outcomes = facts.Select(fact => fact.Outcome).OfType<OutcomeView>().ToList();
            Assert.Equal(["click", "conversion"], outcomes.Select(outcome => outcome.Event), StringComparer.Ordinal);
            Assert.All(outcomes, outcome => Assert.Equal(("d-1", offer.OfferId), (outcome.DecisionId, outcome.OfferId)));
            Assert.Equal([0L, 59_900_000L], outcomes.Select(outcome => outcome.ValueMicros));
        }
    }

    [CaseFact]
    public async Task the_next_decision_sees_every_touchpoint_that_was_accepted()
    {
        await PublishAsync(Catalog("name: C", ", eligibility: metrics.views7d >= 3"));
        for (var n = 0; n < 20; n++)
        {
            Assert.Empty(await OffersAsync(Request($"c-{n}")));
            await SendAsync(Event($"c-{n}", "view"), Event($"c-{n}", "view"));
            Assert.Empty(await OffersAsync(Request($"c-{n}")));
            await SendAsync(Event($"c-{n}", "view"));
            Assert.Single(await OffersAsync(Request($"c-{n}")));
        }
    }

    [CaseFact]
    public async Task an_erased_customer_is_gone_and_no_redelivery_brings_it_back()
    {
        await PublishAsync(Catalog("name: C"));
        await SendAsync(Event("c-1", "view", "m-1"));
        await OffersAsync(Request("c-1", "d-1"));

        Assert.Equal("c-1", Value(await Node.EraseAsync("c-1")).CustomerId);

        IsRefused(RefusalKind.NotFound, await Node.EraseAsync("nobody"));
        Assert.NotNull((await Node.ReadCustomerAsync("c-1")).Refusal);
        Assert.NotNull((await Node.ReadDecisionAsync("d-1")).Refusal);
        var again = await SendAsync(Event("c-1", "view", "m-1"));
        Assert.Equal((0, 1), (again.Accepted, again.Duplicates));
        await ReopenAsync();
        Assert.NotNull((await Node.ReadCustomerAsync("c-1")).Refusal);
    }

    [CaseFact]
    public async Task a_restart_forgets_nothing_that_was_answered()
    {
        await PublishAsync(Catalog("caps: [ { event: decision, limit: 2, within: 1d, per: campaign } ]"));
        for (var n = 0; n < 30; n++)
        {
            await SendAsync(Event($"c-{n}", "view", $"m-{n}"));
            Assert.Single(await OffersAsync(Request($"c-{n}", $"d-{n}")));
        }

        await ReopenAsync();

        for (var n = 0; n < 30; n++)
        {
            Assert.True(Value(await Node.DecideAsync(Request($"c-{n}", $"d-{n}"))).Repeated);
            Assert.Equal(1, (await SendAsync(Event($"c-{n}", "view", $"m-{n}"))).Duplicates);
            Assert.Single(await OffersAsync(Request($"c-{n}")));
            Assert.Empty(await OffersAsync(Request($"c-{n}")));
        }
    }

    [CaseFact]
    public async Task a_dry_run_leaves_no_trace()
    {
        await PublishAsync(Catalog("caps: [ { event: decision, limit: 1, within: 1d, per: campaign } ]"));

        for (var n = 0; n < 5; n++)
        {
            Assert.Single(await OffersAsync(Request("c-1") with { DryRun = true }));
        }

        IsRefused(RefusalKind.NotFound, await Node.ReadCustomerAsync("c-1"));
        Assert.Single(await OffersAsync(Request("c-1")));
    }

    [CaseFact]
    public async Task who_does_nothing_more_enters_a_segment_that_a_publish_brings_also_when_all_are_stopped_behind_it()
    {
        await PublishAsync(Catalog("name: C"));
        for (var n = 0; n < 40; n++)
        {
            await SendAsync(Event($"c-{n}", "view"));
            await SendAsync(Event($"c-{n}", "view"));
        }

        await PublishAsync(Catalog("name: C") + "\n\nsegments:\n  keen: { rule: metrics.views7d >= 2 }\n");
        await ReopenAsync();

        // Once a node after the other says that nothing is left to do, nobody comes any more.
        using var limit = new CancellationTokenSource(LongEnough);
        for (var inRow = 0; inRow < 8; inRow = Value(await Node.ReadCatalogAsync()).BuiltPercent >= 100 ? inRow + 1 : 0)
        {
            await Task.Delay(10, limit.Token);
        }

        while (Value(await Node.ReadSegmentAsync("keen")) is not { Size: 40, Status: "live" })
        {
            await Task.Delay(10, limit.Token);
        }

        for (var n = 0; n < 40; n++)
        {
            Assert.Contains("segmentChange", Value(await Node.ReadFactsAsync($"c-{n}", 0, 100)).Facts.Select(fact => fact.Kind), StringComparer.Ordinal);
        }
    }

    [CaseFact]
    public async Task who_is_in_a_segment_is_counted_wherever_it_is_asked()
    {
        await PublishAsync(Catalog("name: C") + """

            segments:
              looking: { rule: metrics.views7d >= 1 }
              keen: { rule: metrics.views7d >= 2 }
            """);
        for (var n = 0; n < 10; n++)
        {
            await SendAsync(Event($"c-{n}", "view"));
            await SendAsync(Event($"c-{n}", n < 4 ? "view" : "search"));
        }

        using var limit = new CancellationTokenSource(LongEnough);
        while (Value(await Node.ReadSegmentAsync("looking")).Size < 10 || Value(await Node.ReadSegmentAsync("keen")).Size < 4)
        {
            await Task.Delay(10, limit.Token);
        }

        Assert.Equal([("keen", 4L), ("looking", 10L)], Value(await Node.ReadSegmentsAsync()).Select(view => (view.Id, view.Size!.Value)).Order());
        Assert.Equal(4, Value(await Node.ReadSegmentOverlapAsync("looking", "keen")).Both);
        IsRefused(RefusalKind.NotFound, await Node.ReadSegmentAsync("nobody"));
    }

    [CaseFact]
    public async Task a_second_outside_id_leads_to_the_same_customer()
    {
        await PublishAsync(Catalog("caps: [ { event: decision, limit: 1, within: 1d, per: campaign } ]"));
        Assert.Single(await OffersAsync(Request("c-1")));

        Assert.Equal(["c-1", "device-1"], Value(await Node.AddAliasAsync("c-1", "device-1")).Ids);

        Assert.Empty(await OffersAsync(Request("device-1")));
        Assert.Equal(2, Value(await Node.ReadCustomerAsync("device-1")).Ids.Count);
    }
}
