using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Port;
using static PmOrleans.Node.Tests.Embedded.AttackFolder;

namespace PmOrleans.Node.Tests.Embedded;

/// <summary>One customer of a store cannot be read any more.</summary>
public sealed class DamageTests
{
    [Theory]
    [InlineData("UPDATE identity SET id_hash=zeroblob(16) WHERE id_hash=(SELECT min(id_hash) FROM identity)")]
    [InlineData("UPDATE log SET personal=zeroblob(length(personal)) WHERE sequence=1")]
    public async Task who_cannot_be_read_keeps_nobody_else_asleep_and_no_node_from_stopping(string damage)
    {
        using var folder = new AttackFolder();
        AttackFolder killed;
        await using (var node = await folder.OpenAsync(AttackCatalogs.Plain))
        {
            for (var i = 0; i < 6; i++)
            {
                Assert.Single(Offers(await node.DecideAsync(Request($"c-{i}"))));
            }

            killed = folder.AsKilled();
        }

        using (killed)
        {
            killed.Tamper(damage);
            await using var node = await killed.OpenAsync();
            killed.Pass(TimeSpan.FromMinutes(30));
            await UntilAsync(async () => (await node.ReadPolicyAsync("p")).Value!.Observations >= 5);
        }
    }

    [Fact]
    public async Task who_cannot_be_read_is_refused_and_named_and_the_rest_of_a_batch_is_taken()
    {
        using var folder = new AttackFolder();
        AttackFolder killed;
        await using (var node = await folder.OpenAsync(AttackCatalogs.Plain))
        {
            Assert.Null((await node.DecideAsync(Request("damaged") with { DecisionId = "d" })).Refusal);
            Assert.Null((await node.DecideAsync(Request("other"))).Refusal);
            killed = folder.AsKilled();
        }

        using (killed)
        {
            killed.Tamper("UPDATE log SET personal=zeroblob(length(personal)) WHERE sequence=(SELECT min(sequence) FROM log WHERE length(personal)>0)");
            await using var node = await killed.OpenAsync();
            Refusal?[] refusals =
            [
                (await node.DecideAsync(Request("damaged"))).Refusal,
                (await node.DecideAsync(Request("damaged") with { DecisionId = "d" })).Refusal,
                (await node.ReadCustomerAsync("damaged")).Refusal,
                (await node.ReadFactsAsync("damaged", 0, 10)).Refusal,
                (await node.ReadDecisionAsync("d")).Refusal,
                (await node.AddAliasAsync("damaged", "also")).Refusal,
            ];
            var taken = (await node.IngestAsync([View("damaged"), View("other"), View("damaged")])).Value!;

            Assert.All(refusals, refusal => Assert.Equal(RefusalKind.Unavailable, refusal?.Kind));
            Assert.All(refusals, refusal => Assert.Contains("what the store has of this customer cannot be read", refusal!.Detail, StringComparison.Ordinal));
            Assert.Equal(1, taken.Accepted);
            Assert.Equal([0, 2], taken.Rejected.Select(one => one.Index));
            Assert.All(taken.Rejected, one => Assert.Equal("customerId", Assert.Single(one.Errors).Key));
            Assert.Null((await node.DecideAsync(Request("other"))).Refusal);
        }

        static Touchpoint View(string customer) => new() { CustomerId = customer, Type = "view" };
    }

    /// <summary>By any id, also where the record with the first one is the one that is damaged.</summary>
    [Theory]
    [InlineData("first", 1)]
    [InlineData("first", 2)]
    [InlineData("also", 1)]
    [InlineData("also", 3)]
    public async Task who_cannot_be_read_can_be_erased_and_begins_anew(string id, int record)
    {
        using var folder = new AttackFolder();
        AttackFolder killed;
        await using (var node = await folder.OpenAsync(AttackCatalogs.Plain))
        {
            Assert.Null((await node.DecideAsync(Request("first") with { DecisionId = "d" })).Refusal);
            Assert.Null((await node.IngestAsync([new Touchpoint { CustomerId = "first", Type = "view", MessageId = "m" }])).Refusal);
            Assert.Null((await node.AddAliasAsync("first", "also")).Refusal);
            killed = folder.AsKilled();
        }

        using (killed)
        {
            killed.Tamper($"UPDATE log SET personal=zeroblob(length(personal)) WHERE sequence=(SELECT sequence FROM log WHERE length(personal)>0 ORDER BY sequence LIMIT 1 OFFSET {record - 1})");
            await using (var node = await killed.OpenAsync())
            {
                Assert.NotNull((await node.ReadCustomerAsync(id)).Refusal);

                Assert.Null((await node.EraseAsync(id)).Refusal);

                Assert.Equal(RefusalKind.NotFound, (await node.ReadCustomerAsync("first")).Refusal?.Kind);
                Assert.Equal(RefusalKind.NotFound, (await node.ReadCustomerAsync("also")).Refusal?.Kind);
                Assert.Equal(RefusalKind.Erased, (await node.DecideAsync(Request("first") with { DecisionId = "d" })).Refusal?.Kind);
                Assert.Null((await node.DecideAsync(Request("first"))).Refusal);
            }

            await killed.AssertCleanAsync();
        }
    }
}
