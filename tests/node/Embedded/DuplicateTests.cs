using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Port;
using static PmOrleans.Node.Tests.Embedded.AttackFolder;

namespace PmOrleans.Node.Tests.Embedded;

/// <summary>P4 and P5: duplicates change nothing; the next decision sees every touchpoint answered.</summary>
public sealed class DuplicateTests
{
    [Fact]
    public async Task a_storm_of_one_decision_id_is_one_decision_with_one_answer()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(AttackCatalogs.Plain))
        {
            var replies = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => Task.Run(async () => await node.DecideAsync(Request("c-1", "d-1", count: 2)))));

            Assert.All(replies, reply => Assert.Equal(
                Offers(replies[0]).Select(offer => (offer.OfferId, offer.Propensity)), Offers(reply).Select(offer => (offer.OfferId, offer.Propensity))));
            Assert.Equal(63, replies.Count(reply => reply.Value!.Repeated));
        }

        Assert.Equal(1, (await folder.AssertCleanAsync()).Decisions);
    }

    [Fact]
    public async Task a_decision_id_of_another_customer_or_body_is_a_conflict_at_any_time()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(AttackCatalogs.Plain))
        {
            var replies = await Task.WhenAll(Enumerable.Range(0, 32).Select(i => Task.Run(async () => await node.DecideAsync(Request($"c-{i % 4}", "d-1")))));

            Assert.Equal(8, replies.Count(reply => reply.Refusal is null));
            Assert.All(replies.Where(reply => reply.IsRefused), reply => Assert.Equal(RefusalKind.Conflict, reply.Refusal!.Kind));
            var owner = replies.First(reply => reply.Value is not null).Value!.CustomerId;
            var other = await node.DecideAsync(Request(owner, "d-1") with { BodyHash = 7 });
            Assert.Equal(RefusalKind.Conflict, other.Refusal!.Kind);
        }

        await using (var node = await folder.OpenAsync())
        {
            Assert.Equal(3, (await Task.WhenAll(Enumerable.Range(0, 4).Select(async i => await node.DecideAsync(Request($"c-{i}", "d-1")))))
                .Count(reply => reply.Refusal?.Kind == RefusalKind.Conflict));
        }

        Assert.Equal(1, (await folder.AssertCleanAsync()).Decisions);
    }

    [Fact]
    public async Task a_storm_of_message_ids_over_restarts_is_taken_in_once()
    {
        using var folder = new AttackFolder();
        var accepted = 0;
        for (var round = 0; round < 3; round++)
        {
            await using var node = await folder.OpenAsync(AttackCatalogs.Plain);
            var answers = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => Task.Run(() => SendAsync(
                node, Event($"c-{i % 3}", "view", $"m-{i % 10}"), Event($"c-{i % 3}", "view", $"m-{i % 10}")))));
            accepted += answers.Sum(answer => answer.Accepted);
            Assert.Equal(120, answers.Sum(answer => answer.Accepted + answer.Duplicates));
        }

        Assert.Equal(30, accepted);
        Assert.Equal(30, (await folder.AssertCleanAsync()).Touchpoints);
    }

    [Fact]
    public async Task every_touchpoint_answered_is_seen_by_the_next_decision_and_by_the_next_read()
    {
        using var folder = new AttackFolder();
        await using var node = await folder.OpenAsync(AttackCatalogs.Plain);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            for (var i = 1; i <= 25; i++)
            {
                // Half the workers share a customer: then others' touchpoints may be seen as well, but never fewer than one's own.
                var customer = worker % 2 == 0 ? "shared" : $"c-{worker}";
                await SendAsync(node, Event(customer, "view", $"{worker}-{i}"));
                var view = (await node.ReadCustomerAsync(customer)).Value!;
                var views = view.Metrics.Single(metric => metric.Name == "views7d").Value!.Value;
                Assert.True(customer == "shared" ? views >= i : views == i, $"{customer} saw {views} of {i}");
                Assert.Null((await node.DecideAsync(Request(customer))).Refusal);
            }
        })));
    }

    [Fact]
    public async Task without_a_message_id_the_answer_says_that_nothing_protects()
    {
        using var folder = new AttackFolder();
        await using var node = await folder.OpenAsync(AttackCatalogs.Plain);

        var answer = await SendAsync(node, Event("c-1", "view"), Event("c-1", "view"), Event("c-1", "view", "m-1"));

        Assert.Equal((3, 0, 2), (answer.Accepted, answer.Duplicates, answer.Unprotected));
    }

    [Fact]
    public async Task of_a_batch_the_bad_ones_are_refused_whole_and_named_and_the_good_ones_are_in()
    {
        using var folder = new AttackFolder();
        await using var node = await folder.OpenAsync(AttackCatalogs.Plain);

        var answer = await SendAsync(
            node,
            Event("c-1", "view", "m-1"),
            Event("c-1", "view", "m-2") with { Currency = "USD" },
            Event("c-2", "identify", "m-3") with { Set = [new Property("tier", PropertyValue.Of(3))] },
            Event("c-2", "identify", "m-4") with { Set = [new Property("tier", default)] });

        Assert.Equal(1, answer.Accepted);
        Assert.Equal([(1, "currency"), (2, "set.tier"), (3, "set.tier")], answer.Rejected.Select(rejected => (rejected.Index, Assert.Single(rejected.Errors).Key)));
        Assert.EndsWith("to take it away, name it in unset", answer.Rejected[2].Errors["set.tier"].Single(), StringComparison.Ordinal);
        Assert.Equal(RefusalKind.NotFound, (await node.ReadCustomerAsync("c-2")).Refusal!.Kind);
        Assert.Equal(RefusalKind.NotFound, (await node.DecideAsync(Request("c-1", placement: "nowhere"))).Refusal!.Kind);
        Assert.Equal(RefusalKind.Invalid, (await node.DecideAsync(Request("c-1", count: 4))).Refusal!.Kind);
    }
}
