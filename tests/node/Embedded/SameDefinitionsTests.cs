using static PmOrleans.Node.Tests.Embedded.AttackFolder;

namespace PmOrleans.Node.Tests.Embedded;

/// <summary>Versions that fold customers alike, however different they are: offers come and go, lists are written in another order.</summary>
public sealed class SameDefinitionsTests
{
    private const string Head = """
        catalog: { currency: EUR, capHold: 15m }
        policies:
          default:
            goal: { on: click, within: 7d }
            exploration: { kind: epsilonGreedy, epsilon: 0.5, floor: 0.1 }
        placements:
          p: { channel: web, slots: 3, fallback: { offer: f, content: {} } }
        """;

    private const string First = Head + """

        metrics:
          views7d: count(view) over 7d
          clicks7d: count(view) over 6d
        caps:
          - { event: impression, limit: 50, within: 7d, per: all }
          - { event: impression, limit: 40, within: 7d, per: campaign }
        campaigns:
          c:
            caps:
              - { event: impression, limit: 2, within: 7d, per: offer }
              - { event: impression, limit: 9, within: 7d, per: campaign }
            offers:
              a: { placements: [p], value: 10, content: {} }
              b: { placements: [p], value: 10, content: {} }
        """;

    /// <summary>Without <c>b</c>, with <c>z</c>, and with metrics and caps the other way round.</summary>
    private const string Second = Head + """

        metrics:
          clicks7d: count(view) over 6d
          views7d: count(view) over 7d
        caps:
          - { event: impression, limit: 40, within: 7d, per: campaign }
          - { event: impression, limit: 50, within: 7d, per: all }
        campaigns:
          c:
            caps:
              - { event: impression, limit: 9, within: 7d, per: campaign }
              - { event: impression, limit: 2, within: 7d, per: offer }
            offers:
              z: { placements: [p], value: 10, content: {} }
              a: { placements: [p], value: 10, content: {} }
        """;

    [Fact]
    public async Task an_offer_that_was_gone_finds_its_cap_as_it_would_be_and_every_snapshot_is_the_fold_of_its_records()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(First))
        {
            await DecideAsync("d-1");
            await SendAsync(node, Event("c-1", "view", "v-1"), Event("c-1", "impression", "i-1", "d-1"));
            await DecideAsync("d-2");

            await UntilAsync(() => node.Refolding.IsDone);
            await PublishAsync(node, Second);
            Assert.True(node.Refolding.IsDone);
            await SendAsync(node, Event("c-1", "view", "v-2"), Event("c-1", "impression", "i-2", "d-2"), Event("c-2", "view", "v-1"));
            folder.Pass(TimeSpan.FromMinutes(20));
            Assert.Equal(["z"], await DecideAsync("d-3"));
            await SendAsync(node, Event("c-1", "impression", "i-3", "d-3"));

            await PublishAsync(node, First);
            folder.Pass(TimeSpan.FromMinutes(20));

            // Two impressions each, one of b's while it was in no catalog.
            Assert.Empty(await DecideAsync("d-4"));

            async Task<string[]> DecideAsync(string id) =>
                [.. Offers(await node.DecideAsync(Request("c-1", id, count: 3))).Select(offer => offer.OfferId).Order(StringComparer.Ordinal)];
        }

        var report = await folder.AssertCleanAsync();
        Assert.Equal(2, report.Snapshots);
    }
}
