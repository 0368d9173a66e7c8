using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Embedded;
using PmOrleans.Node.Tests.Embedded;
using static PmOrleans.Node.Tests.Embedded.AttackFolder;

namespace PmOrleans.Node.Tests.Segments;

/// <summary>A node killed while customers shop, messages come twice and publishes fold everybody anew: the figures of segments equal a recount by plain means.</summary>
public sealed class SegmentKillTests
{
    private static readonly string[] Lasting = ["curious", "spender", "gold", "keen"];

    [Fact]
    public async Task sizes_sums_and_overlaps_equal_a_recount_after_kills_duplicates_and_refolds()
    {
        using var folder = new AttackFolder();
        var answered = new HashSet<(string Customer, string Message)>();
        for (var round = 0; round < 3; round++)
        {
            using var child = NodeProcess.Start(folder.Path, ShoppingLoad.Catalog, $"{ShoppingLoad.Round}{round}");
            for (var lines = 0; lines < 500 + (round * 200) && await ReadAsync(child) is { } line; lines++)
            {
                answered.Add(line);
            }

            child.Kill();
            await child.WaitForExitAsync();
            while (await ReadAsync(child) is { } line)
            {
                answered.Add(line);
            }

            await folder.AssertCleanAsync();
        }

        Assert.True(answered.Count > 1_000, $"{answered.Count} answers");
        await using (var node = await EmbeddedNode.OpenAsync(new EmbeddedNodeOptions { DataFolder = folder.Path }))
        {
            await PublishAsync(node, ShoppingLoad.Catalog);
            await UntilAsync(() => node.Refolding.IsDone);
            await CompareAsync(node, answered);
        }

        await folder.AssertCleanAsync();
    }

    private static async Task CompareAsync(EmbeddedNode node, HashSet<(string Customer, string Message)> answered)
    {
        var shoppers = new List<Shopper>();
        for (var i = 0; i < ShoppingLoad.Customers; i++)
        {
            shoppers.Add(Shopper.Of(await TouchpointsAsync(node, $"c-{i}")));
        }

        // Nothing answered is lost, and no message is in the log twice.
        Assert.Subset(shoppers.SelectMany(shopper => shopper.Messages).ToHashSet(), answered);
        Assert.All(shoppers, shopper => Assert.Distinct(shopper.Messages));
        foreach (var (i, id) in Lasting.Index())
        {
            var view = (await node.ReadSegmentAsync(id)).Value!;
            Assert.Equal((id, shoppers.Count(shopper => shopper.IsIn(id))), (id, view.Size));
            Assert.Equal(view.Size, view.Entered - view.Left);
            foreach (var sum in view.Sums)
            {
                Assert.Equal(
                    (id, sum.Of, shoppers.Where(shopper => shopper.IsIn(id)).Sum(shopper => sum.Of == "counts.purchase" ? shopper.Purchases : shopper.Spend)),
                    (id, sum.Of, sum.Value));
            }

            foreach (var other in Lasting[(i + 1)..])
            {
                var overlap = (await node.ReadSegmentOverlapAsync(id, other)).Value!;
                Assert.Equal((id, other, shoppers.Count(shopper => shopper.IsIn(id) && shopper.IsIn(other))), (id, other, overlap.Both));
            }
        }
    }

    private static async Task<List<Touchpoint>> TouchpointsAsync(EmbeddedNode node, string customer)
    {
        var touchpoints = new List<Touchpoint>();
        for (long? after = 0; after is { } from;)
        {
            var reply = await node.ReadFactsAsync(customer, from, 1_000);
            touchpoints.AddRange((reply.Value?.Facts ?? []).Select(fact => fact.Touchpoint).OfType<Touchpoint>());
            after = reply.Value?.Next;
        }

        return touchpoints;
    }

    private static async Task<(string Customer, string Message)?> ReadAsync(System.Diagnostics.Process child)
    {
        var line = await child.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(2));

        // A line cut by the kill was never an answer; each ends with a full stop.
        return line?.Split(' ') is ["t", var customer, var message, "."] ? (customer, message) : null;
    }

    /// <summary>One customer counted by hand.</summary>
    private sealed record Shopper(List<(string Customer, string Message)> Messages, int Views, int Purchases, decimal Spend, string Tier)
    {
        public static Shopper Of(List<Touchpoint> touchpoints) => new(
            [.. touchpoints.Select(touchpoint => (touchpoint.CustomerId, touchpoint.MessageId!))],
            touchpoints.Count(touchpoint => touchpoint.Type == "view"),
            touchpoints.Count(touchpoint => touchpoint.Type == "purchase"),
            touchpoints.Sum(touchpoint => (touchpoint.ValueMicros ?? 0) / 1_000_000m),
            touchpoints.LastOrDefault(touchpoint => touchpoint.Type == "identify")?.Set[0].Value.Text ?? "none");

        public bool IsIn(string segment) => segment switch
        {
            "curious" => Views > 5,
            "spender" => Spend > 100,
            "gold" => Tier == "gold",
            _ => Views > 5 && Spend > 100,
        };
    }
}
