using PmOrleans.Node.Port;
using static PmOrleans.Node.Tests.Embedded.AttackFolder;

namespace PmOrleans.Node.Tests.Embedded;

public sealed class AliasTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task either_id_reaches_the_same_customer_also_after_a_restart(bool restart)
    {
        using var folder = new AttackFolder();
        var node = await folder.OpenAsync(AttackCatalogs.Plain);
        await SendAsync(node, Event("device", "view", "m-1"));

        var ids = await node.AddAliasAsync("device", "login");
        Assert.Equal("device login", string.Join(' ', ids.Value!.Ids));
        await SendAsync(node, Event("login", "view", "m-2"));
        if (restart)
        {
            await node.DisposeAsync();
            node = await folder.OpenAsync();
        }

        await SendAsync(node, Event("login", "view", "m-3"), Event("device", "view", "m-4"));
        Assert.Equal((0, 1), ((await SendAsync(node, Event("login", "view", "m-1"))) is var again ? (again.Accepted, again.Duplicates) : default));
        await node.DecideAsync(Request("login", "d-1") with { BodyHash = 1 });
        Assert.True((await node.DecideAsync(Request("device", "d-1") with { BodyHash = 1 })).Value!.Repeated);

        var (left, right) = ((await node.ReadCustomerAsync("device")).Value!, (await node.ReadCustomerAsync("login")).Value!);
        Assert.Equal((4, left.Sequence), (left.Touchpoints.Single(touch => touch.Type == "view").Count, right.Sequence));
        Assert.Equal("device login", string.Join(' ', right.Ids));
        Assert.Equal((await node.ReadFactsAsync("device", 0, 100)).Value!.Facts.Count, (await node.ReadFactsAsync("login", 0, 100)).Value!.Facts.Count);
        await node.DisposeAsync();
        Assert.Equal(1, (await folder.AssertCleanAsync()).Customers);
    }

    [Fact]
    public async Task a_repeat_is_harmless_and_what_cannot_be_is_refused_naming_both()
    {
        using var folder = new AttackFolder();
        await using var node = await folder.OpenAsync(AttackCatalogs.Plain);
        await SendAsync(node, Event("a", "view"), Event("b", "view"), Event("gone", "view"));
        await node.AddAliasAsync("a", "a2");
        await node.EraseAsync("gone");

        Assert.Equal(2, (await node.AddAliasAsync("a", "a2")).Value!.Ids.Count);
        Assert.Equal(2, (await node.AddAliasAsync("a2", "a")).Value!.Ids.Count);
        Assert.Equal(RefusalKind.NotFound, (await node.AddAliasAsync("nobody", "x")).Refusal!.Kind);
        foreach (var (customer, alias) in new[] { ("b", "a"), ("b", "a2"), ("a2", "b"), ("b", "gone") })
        {
            var refusal = (await node.AddAliasAsync(customer, alias)).Refusal!;
            Assert.Equal(RefusalKind.Conflict, refusal.Kind);
            Assert.Contains($"'{alias}'", refusal.Errors!["alias"][0], StringComparison.Ordinal);
            Assert.Contains($"'{customer}'", refusal.Errors["alias"][0], StringComparison.Ordinal);
        }

        for (var i = 2; i < 100; i++)
        {
            Assert.Null((await node.AddAliasAsync("a", $"a{i + 1}")).Refusal);
        }

        Assert.Equal(RefusalKind.Invalid, (await node.AddAliasAsync("a", "one-too-many")).Refusal!.Kind);
    }

    [Theory]
    [InlineData("device")]
    [InlineData("login")]
    public async Task either_id_erases_all_and_each_begins_a_new_customer_afterwards(string by)
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(AttackCatalogs.Plain))
        {
            await SendAsync(node, Event("device", "view", "m-1"));
            await node.AddAliasAsync("device", "login");
            await SendAsync(node, Event("login", "view", "m-2"));

            Assert.Null((await node.EraseAsync(by)).Refusal);

            Assert.NotNull((await node.ReadCustomerAsync("device")).Refusal);
            Assert.NotNull((await node.ReadCustomerAsync("login")).Refusal);
            Assert.Equal(1, (await SendAsync(node, Event("login", "view", "m-1"))).Duplicates);
            Assert.Equal(1, (await SendAsync(node, Event("device", "view", "m-2"))).Duplicates);
            await SendAsync(node, Event("login", "view", "m-3"));
            Assert.Equal("login", Assert.Single((await node.ReadCustomerAsync("login")).Value!.Ids));
            Assert.NotNull((await node.ReadCustomerAsync("device")).Refusal);
        }

        var report = await folder.AssertCleanAsync();
        Assert.Equal((2, 1), (report.Customers, report.ErasedCustomers));
    }

    /// <summary>The same id comes up as a new customer and as an alias at the same time: one of the two it is, and nothing is lost.</summary>
    [Fact]
    public async Task an_id_that_is_made_an_alias_while_it_is_used_belongs_to_one_customer()
    {
        using var folder = new AttackFolder();
        var accepted = 0;
        await using (var node = await folder.OpenAsync(AttackCatalogs.Plain))
        {
            for (var round = 0; round < 40; round++)
            {
                await SendAsync(node, Event($"device-{round}", "view", "m-0"));
                accepted++;
                var adding = Task.Run(() => node.AddAliasAsync($"device-{round}", $"login-{round}").AsTask());
                var sending = Enumerable.Range(1, 8).Select(i => Task.Run(() => SendAsync(node, Event($"login-{round}", "view", $"m-{i}")))).ToArray();

                var added = await adding;
                foreach (var answer in await Task.WhenAll(sending))
                {
                    Assert.Equal(1, answer.Accepted);
                    accepted++;
                }

                var login = (await node.ReadCustomerAsync($"login-{round}")).Value!;
                Assert.True(added.Refusal is null or { Kind: RefusalKind.Conflict }, $"{added.Refusal}");
                Assert.Equal(added.Refusal is null ? 9 : 8, login.Touchpoints.Single().Count);
            }
        }

        Assert.Equal(accepted, (await folder.AssertCleanAsync()).Touchpoints);
    }

    [Fact]
    public async Task erasing_by_one_id_while_the_other_is_used_leaves_nothing_of_what_was()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(AttackCatalogs.Plain))
        {
            for (var round = 0; round < 20; round++)
            {
                var (device, login) = ($"device-{round}", $"login-{round}");
                await SendAsync(node, Event(device, "view", "m-0"));
                await node.AddAliasAsync(device, login);
                var sending = Enumerable.Range(1, 6).Select(i => Task.Run(() => SendAsync(node, Event(login, "view", $"m-{i}")))).ToArray();

                Assert.Null((await node.EraseAsync(device)).Refusal);
                await Task.WhenAll(sending);

                Assert.NotNull((await node.ReadCustomerAsync(device)).Refusal);
                if ((await node.ReadCustomerAsync(login)).Value is { } anew)
                {
                    Assert.Equal(login, Assert.Single(anew.Ids));
                }
            }
        }

        await folder.AssertCleanAsync();
    }
}
