using System.Text;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Embedded;
using PmOrleans.Node.Port;
using static PmOrleans.Node.Tests.Embedded.AttackFolder;

namespace PmOrleans.Node.Tests.Embedded;

/// <summary>P10: erasure is complete.</summary>
public sealed class ErasureTests
{
    private const string Customer = "customer-Wilhelmina-0815";
    private const string Secret = "attribute-Zanzibar-4711";
    private const string Basket = "property-Quetzalcoatl-99";

    [Fact]
    public async Task nothing_of_an_erased_customer_is_in_any_file_and_nothing_was_there_in_plain_before()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(AttackCatalogs.Capped("impression", 50)))
        {
            await FillAsync(node);
            AssertNowhere(folder, Customer, Secret, Basket, "decision-Nebuchadnezzar", "message-Ouagadougou");
        }

        var key = DataKey(folder);
        await using (var node = await folder.OpenAsync())
        {
            AssertNowhere(folder, Customer, Secret, Basket);
            Assert.Null((await node.EraseAsync(Customer)).Refusal);
            AssertNowhereBytes(folder, key);
            await AssertGoneAsync(node);
        }

        AssertNowhereBytes(folder, key);
        await using (var node = await folder.OpenAsync())
        {
            await AssertGoneAsync(node);
        }

        Assert.Equal(1, (await folder.AssertCleanAsync()).ErasedCustomers);
    }

    [Fact]
    public async Task redelivered_touchpoints_and_decisions_bring_nothing_back()
    {
        using var folder = new AttackFolder();
        await using var node = await folder.OpenAsync(AttackCatalogs.Plain);
        await FillAsync(node);
        await node.EraseAsync(Customer);
        folder.Pass(TimeSpan.FromMinutes(1));

        var answer = await SendAsync(
            node,
            Event(Customer, "view", "message-Ouagadougou"),
            Event(Customer, "view", "never-seen", at: folder.Now - 120_000_000));
        Assert.Equal((0, 1, 1), (answer.Accepted, answer.Duplicates, answer.Rejected.Count));
        Assert.Equal(RefusalKind.Erased, (await node.DecideAsync(Request(Customer, "decision-Nebuchadnezzar"))).Refusal!.Kind);
        await AssertGoneAsync(node);
    }

    [Fact]
    public async Task a_redelivery_that_comes_with_a_decision_brings_nothing_back_either()
    {
        using var folder = new AttackFolder();
        await using var node = await folder.OpenAsync(AttackCatalogs.Plain);
        await FillAsync(node);
        await node.EraseAsync(Customer);
        folder.Pass(TimeSpan.FromMinutes(1));

        var reply = await node.DecideAsync(Request(Customer, "new-life") with
        {
            Touchpoints =
            [
                Event(Customer, "view", "message-Ouagadougou"),
                Event(Customer, "identify", "never-seen", at: folder.Now - 120_000_000) with { Set = [new Property("tier", PropertyValue.Of(Secret))] },
            ],
        });

        Assert.Null(reply.Refusal);
        var view = (await node.ReadCustomerAsync(Customer)).Value!;
        Assert.Empty(view.Attributes);
        Assert.Empty(view.Touchpoints);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task a_second_life_under_the_same_id_is_erased_as_well_and_the_first_stays_dropped(bool stepped)
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(AttackCatalogs.Plain, options => options with { Stepped = stepped }))
        {
            await FillAsync(node);
            await node.EraseAsync(Customer);
            folder.Pass(TimeSpan.FromMinutes(1));
            await SendAsync(node, Event(Customer, "view", "second-life"));
            Assert.Equal(1, (await node.ReadCustomerAsync(Customer)).Value!.Sequence);

            Assert.Null((await node.EraseAsync(Customer)).Refusal);
            Assert.Null((await node.EraseAsync(Customer)).Refusal);
            Assert.Equal(RefusalKind.NotFound, (await node.EraseAsync("nobody")).Refusal!.Kind);
            var answer = await SendAsync(node, Event(Customer, "view", "second-life"), Event(Customer, "view", "message-Ouagadougou"));
            Assert.Equal((0, 2), (answer.Accepted, answer.Duplicates));
            Assert.Equal(RefusalKind.Erased, (await node.DecideAsync(Request(Customer, "decision-Nebuchadnezzar"))).Refusal!.Kind);
        }

        Assert.Equal(2, (await folder.AssertCleanAsync()).ErasedCustomers);
    }

    [Fact]
    public async Task an_erasure_among_decisions_and_reads_of_the_same_customer_is_done_and_accounting_balances()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(AttackCatalogs.Budgeted("total: 100000, settleOn: click, reserve: full")))
        {
            await FillAsync(node);
            var stop = false;
            var traffic = Enumerable.Range(0, 6).Select(worker => Task.Run(async () =>
            {
                for (var i = 0; !Volatile.Read(ref stop); i++)
                {
                    var reply = await node.DecideAsync(Request(Customer, $"w-{worker}-{i}", count: 2));
                    Assert.True(reply.Refusal is null or { Kind: RefusalKind.Unavailable }, $"{reply.Refusal}");
                    await node.ReadCustomerAsync(Customer);
                }
            })).ToList();
            for (var i = 0; i < 5; i++)
            {
                await SendAsync(node, Event(Customer, "view"));
                Assert.Null((await node.EraseAsync(Customer).AsTask().WaitAsync(TimeSpan.FromMinutes(2))).Refusal);
            }

            Volatile.Write(ref stop, true);
            await Task.WhenAll(traffic);
            await node.EraseAsync(Customer);
            await AssertGoneAsync(node);
            Assert.Equal(0, (await node.ReadCampaignAsync("c")).Value!.Total!.ReservedMicros);
        }

        await folder.AssertCleanAsync();
    }

    private static async Task FillAsync(EmbeddedNode node)
    {
        await SendAsync(
            node,
            Event(Customer, "identify", "message-Ouagadougou") with { Set = [new Property("tier", PropertyValue.Of(Secret))] },
            Event(Customer, "view", "message-2") with { Properties = [new Property("basket", PropertyValue.Of(Basket))] });
        Assert.NotEmpty(Offers(await node.DecideAsync(Request(Customer, "decision-Nebuchadnezzar", count: 2) with
        {
            Context = [new Property("page", PropertyValue.Of(Basket))],
        })));
        await SendAsync(node, Event(Customer, "impression", "message-3", "decision-Nebuchadnezzar"));
    }

    private static async Task AssertGoneAsync(EmbeddedNode node)
    {
        Assert.Equal(RefusalKind.NotFound, (await node.ReadCustomerAsync(Customer)).Refusal!.Kind);
        Assert.Equal(RefusalKind.NotFound, (await node.ReadFactsAsync(Customer, 0, 100)).Refusal!.Kind);
        Assert.Equal(RefusalKind.NotFound, (await node.ReadDecisionAsync("decision-Nebuchadnezzar")).Refusal!.Kind);
    }

    private static void AssertNowhere(AttackFolder folder, params string[] texts)
    {
        foreach (var text in texts)
        {
            AssertNowhereBytes(folder, Encoding.UTF8.GetBytes(text));
            AssertNowhereBytes(folder, Encoding.Unicode.GetBytes(text));
        }
    }

    private static void AssertNowhereBytes(AttackFolder folder, byte[] wanted)
    {
        foreach (var file in Directory.EnumerateFiles(folder.Path, "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) != "lock"))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var memory = new MemoryStream();
            stream.CopyTo(memory);
            Assert.True(memory.ToArray().AsSpan().IndexOf(wanted) < 0, $"{Path.GetFileName(file)} holds {Encoding.UTF8.GetString(wanted)}");
        }
    }

    /// <summary>The key that the customer's personal parts are under; it must not outlive the erasure in any page of any file.</summary>
    private static byte[] DataKey(AttackFolder folder)
    {
        using var database = PmOrleans.Node.Log.Sqlite.SqliteDatabase.OpenReader(Path.Combine(folder.Path, "node.db"), TimeSpan.FromSeconds(30));
        using var rows = database.Prepare("SELECT key FROM data_key");
        Assert.True(rows.Step());
        return rows.Blob(0).ToArray();
    }
}
