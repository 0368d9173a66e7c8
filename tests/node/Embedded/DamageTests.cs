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
}
