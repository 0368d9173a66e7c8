namespace PmOrleans.Conformance;

/// <content>Touchpoints that may be applied a little later.</content>
public abstract partial class NodeConformance
{
    [CaseFact]
    public async Task what_was_queued_is_applied_once_and_in_order_and_decisions_see_it_soon()
    {
        await PublishAsync(Catalog("name: C", ", eligibility: metrics.views7d >= 3"));
        var ahead = DateTimeOffset.UtcNow.AddMinutes(30).ToUnixTimeMilliseconds() * 1000;
        for (var round = 0; round < 3; round++)
        {
            // The third time round brings nothing new: the same message ids again.
            var n = round % 2;
            var answer = Value(await Node.QueueAsync([
                Event("c-1", "view", $"{n}"), Event("c-2", "view"), null, Event("c-1", "search", $"late-{n}", at: ahead), Event("c-1", "search", $"{n}-after")]));

            Assert.Equal(3, answer.Queued + answer.Accepted + answer.Duplicates);
            Assert.Equal((1, 3), (answer.Unprotected, Assert.Single(answer.Rejected).Index));
        }

        await UntilTouchedAsync("c-1", 4);
        await UntilTouchedAsync("c-2", 3);

        Assert.Equal(["0", "0-after", "1", "1-after"], await MessagesAsync("c-1"));
        Assert.Empty(await OffersAsync(Request("c-1")));
        Assert.Single(await OffersAsync(Request("c-2")));
    }

    [CaseFact]
    public async Task an_erased_customer_is_not_brought_back_by_what_was_queued()
    {
        await PublishAsync(Catalog("name: C"));
        for (var n = 0; n < 10; n++)
        {
            var customer = $"c-{n}";
            await Node.QueueAsync([.. Enumerable.Range(0, 5).Select(m => Event(customer, "view", $"{m}"))]);

            Assert.Equal(customer, Value(await Node.EraseAsync(customer)).CustomerId);
            await Node.QueueAsync([Event("witness", "view", customer)]);
            await UntilTouchedAsync("witness", n + 1);

            Assert.NotNull((await Node.ReadCustomerAsync(customer)).Refusal);
            var again = await SendAsync([.. Enumerable.Range(0, 5).Select(m => Event(customer, "view", $"{m}"))]);
            Assert.Equal((0, 5), (again.Accepted, again.Duplicates));
        }
    }

    private async Task UntilTouchedAsync(string customer, int touchpoints)
    {
        using var limit = new CancellationTokenSource(LongEnough);
        while ((await Node.ReadCustomerAsync(customer)).Value?.Touchpoints.Sum(touch => touch.Count) is not { } count || count < touchpoints)
        {
            await Task.Delay(10, limit.Token);
        }

        Assert.Equal(touchpoints, Value(await Node.ReadCustomerAsync(customer)).Touchpoints.Sum(touch => touch.Count));
    }

    private async Task<string[]> MessagesAsync(string customer) =>
        [.. Value(await Node.ReadFactsAsync(customer, 0, 1000)).Facts.Select(fact => fact.Touchpoint?.MessageId).OfType<string>()];
}
