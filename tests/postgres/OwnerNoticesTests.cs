using System.Collections.Concurrent;
using PmOrleans.Node.Owners;

namespace PmOrleans.Node.Tests.Log;

public sealed class OwnerNoticesTests : IOwnerNotices, IDisposable
{
    private const string Catalog = """
        catalog: { currency: EUR }
        placements:
          p: { channel: web, slots: 1, fallback: { offer: f, content: {} } }
        """;

    private readonly BlockingCollection<string> _heard = [];
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromMinutes(2));

    [LogFact]
    public async Task an_owner_that_does_not_take_a_log_is_told_of_once_when_it_is_long_away_and_when_it_is_back()
    {
        var clock = new Leap();
        await using var cluster = new NodesWithOwners { Notices = this, Time = clock };
        await cluster.BeginAsync(Catalog, "a");

        // Whoever asks a second time has told what came of the first.
        cluster.Owners.Cut(cluster.Node("a").Epoch);
        while (Enum.GetValues<OwnerName>().Any(owner => cluster.Owners.Unheard.GetValueOrDefault(owner) < 2)) await Task.Delay(1, _limit.Token);
        Assert.Empty(_heard);
        clock.Leapt = TimeSpan.FromSeconds(15);
        var away = Take(3);
        cluster.Owners.Hear(cluster.Node("a").Epoch);
        var back = Take(3);

        Assert.Equal(["Campaigns: cut off", "Models: cut off", "Segments: cut off"], away);
        Assert.Equal(["Campaigns again", "Models again", "Segments again"], back);
        await cluster.AssertCleanAsync();
        Assert.Empty(_heard);
    }

    public void Dispose()
    {
        _heard.Dispose();
        _limit.Dispose();
    }

    void IOwnerNotices.NotTaken(OwnerName owner, TimeSpan since, Exception failure) => _heard.Add($"{owner}: {failure.Message}");

    void IOwnerNotices.TakenAgain(OwnerName owner, TimeSpan after) => _heard.Add($"{owner} again");

    private List<string> Take(int count) => [.. Enumerable.Range(0, count).Select(_ => _heard.Take(_limit.Token)).Order(StringComparer.Ordinal)];
}
