using PmOrleans.Simulator.Replay;
using PmOrleans.Simulator.Runs;

namespace PmOrleans.Simulator.Tests.Replay;

public sealed class EmbeddedReplayTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task a_replay_decides_at_every_visit_takes_every_touchpoint_and_its_log_equals_the_recount()
    {
        var run = await ReplayAsync(seed: 1);

        var arm = run.Arms.Single();
        Assert.Equal(400, arm.Decisions);
        Assert.Equal(0, arm.Refused + arm.TouchpointsRejected);
        Assert.True(arm.Clicks > 0);
        Assert.True(arm.Verification!.IsClean, string.Join("; ", arm.Verification.Findings));
        Assert.Equal(arm.Decisions, arm.Verification.Decisions);
        Assert.Equal(arm.Touchpoints, arm.Verification.Touchpoints);
    }

    [Fact]
    public async Task one_seed_gives_one_run_and_another_seed_another()
    {
        var once = await ReplayAsync(seed: 7);
        var again = await ReplayAsync(seed: 7);
        var other = await ReplayAsync(seed: 8);

        Assert.Equal(Drawn(once), Drawn(again));
        Assert.NotEqual(Drawn(once), Drawn(other));
    }

    /// <summary>Holdouts and experiments go by the customer's internal key, which is random outside of simulations.</summary>
    [Fact]
    public async Task one_seed_gives_one_run_under_a_catalog_with_holdouts_and_experiments_too()
    {
        var shop = SampleFolder.Find("shop");

        var once = await ReplayAsync(seed: 7, shop, Start);
        var again = await ReplayAsync(seed: 7, shop, Start);

        Assert.Equal(Drawn(once), Drawn(again));
    }

    [Fact]
    public async Task logged_offers_that_the_catalog_has_not_are_told()
    {
        var mapping = _folder.Write("logged.yaml", "customer: [c]\nat: { column: at }\ntype: view\nlogged: { offer: o, click: k, propensity: p }\n");
        var file = _folder.Write("logged.csv", "c,at,o,k,p\n1,2026-01-01T10:00:00Z,nosuch,0,0.5\n2,2026-01-01T11:00:00Z,nosuch,1,0.5\n");

        var run = await ReplayRun.RunAsync(new ReplayOptions { File = file, Mapping = mapping }, CancellationToken.None);

        Assert.Contains(run.Notes, note => note.StartsWith("2 of 2 logged decisions showed offers that the catalog has not, such as 'nosuch'", StringComparison.Ordinal));
    }

    private Task<RunDocument> ReplayAsync(ulong seed, string? catalog = null, DateTimeOffset? start = null)
    {
        var text = "customer date cds dollars\n" + string.Concat(Enumerable.Range(0, 400).Select(i =>
            FormattableString.Invariant($"{i * 7919 % 83:D5} {new DateTime(1997, 1, 1).AddDays(i / 4):yyyyMMdd} 1 {10 + (i % 9)}.50\n")));
        var file = _folder.Write("CDNOW_part.txt", text);
        return ReplayRun.RunAsync(new ReplayOptions { File = file, Seed = seed, Catalog = catalog, Start = start }, CancellationToken.None);
    }

    private static List<(string, long, long, double)> Drawn(RunDocument run) =>
        [.. run.Arms.Single().Offers.Select(offer => (offer.Id, offer.Shown, offer.Clicks, offer.TrueRate)).OrderBy(offer => offer.Id, StringComparer.Ordinal)];
}
