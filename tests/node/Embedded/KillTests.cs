using PmOrleans.Node.Verification;
using static PmOrleans.Node.Tests.Embedded.AttackFolder;

namespace PmOrleans.Node.Tests.Embedded;

/// <summary>P3, with P1, P2, P4 and P7 after it: a node killed under load loses nothing it answered, and all counters equal their recount.</summary>
public sealed class KillTests
{
    private static readonly string Catalog = AttackCatalogs.Budgeted("total: 700, daily: 600, settleOn: click, reserve: full")
        .Replace("    offers:", "    caps: [ { event: impression, limit: 60, within: 1d, per: campaign } ]\n    offers:", StringComparison.Ordinal);

    [Fact]
    public async Task a_node_killed_again_and_again_under_load_loses_nothing_it_answered()
    {
        using var folder = new AttackFolder();
        var answered = new HashSet<string>(StringComparer.Ordinal);
        for (var round = 0; round < 3; round++)
        {
            using var child = NodeProcess.Start(folder.Path, Catalog, $"{round}");
            for (var lines = 0; lines < 400 + (round * 150) && await ReadAsync(child) is { } line; lines++)
            {
                answered.Add(line);
            }

            child.Kill();
            await child.WaitForExitAsync();
            while (await ReadAsync(child) is { } line)
            {
                answered.Add(line);
            }

            var report = await StoreVerifier.VerifyAsync(folder.Path);
            Assert.True(report.IsClean, report.ToText());
        }

        Assert.True(answered.Count > 1200, $"{answered.Count} answers");
        var before = await StoreVerifier.VerifyAsync(folder.Path);
        await using (var node = await Node.Embedded.EmbeddedNode.OpenAsync(new Node.Embedded.EmbeddedNodeOptions { DataFolder = folder.Path }))
        {
            foreach (var answer in answered.Select(line => line.Split(' ')))
            {
                if (answer[0] == "d")
                {
                    var repeat = await node.DecideAsync(Request(answer[2], answer[1], count: 2));
                    Assert.True(repeat.Value is { Repeated: true }, $"{answer[1]}: {repeat.Refusal}");
                }
                else
                {
                    var again = await SendAsync(node, Event(answer[1], "view", answer[2]));
                    Assert.Equal((0, 1), (again.Accepted, again.Duplicates));
                }
            }

            var view = (await node.ReadCampaignAsync("c")).Value!;
            Assert.Equal(
                view.Total!.BudgetMicros, view.Total.SettledMicros + view.Total.ReservedMicros + view.Total.LeasedMicros + view.Total.FreeMicros);
            Assert.True(view.Total.FreeMicros >= 0 && view.Today!.FreeMicros >= 0, $"{view.Total} {view.Today}");
        }

        var after = await folder.AssertCleanAsync();
        Assert.Equal((before.Decisions, before.Touchpoints), (after.Decisions, after.Touchpoints));
    }

    private static async Task<string?> ReadAsync(System.Diagnostics.Process child)
    {
        var line = await child.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(2));

        // A line cut by the kill was never an answer.
        return line is not null && line.Split(' ') is ["d" or "t", _, { Length: > 0 }] ? line : null;
    }
}
