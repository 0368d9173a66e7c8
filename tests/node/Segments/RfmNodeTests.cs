using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Profiles;
using PmOrleans.Decisioning.Segments.Rfm;
using PmOrleans.Node.Embedded;
using PmOrleans.Node.Tests.Embedded;
using static PmOrleans.Node.Tests.Embedded.AttackFolder;

namespace PmOrleans.Node.Tests.Segments;

public sealed class RfmNodeTests
{
    private const string Catalog = """
        rfm: { on: purchase }
        segments:
          best: rfm.r == 5 && rfm.m >= 4
        placements:
          p: { channel: web, slots: 3 }
        campaigns:
          c:
            offers:
              thanks: { placements: [p], eligibility: "'rfm.champions' in segments", value: 1, content: { title: a } }
        """;

    [Fact]
    public async Task five_buyers_fall_into_cells_and_groups_and_time_alone_moves_them()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(Catalog))
        {
            for (var buyer = 1; buyer <= 5; buyer++)
            {
                // The later the buyer the oftener and the more.
                folder.Pass(TimeSpan.FromDays(1));
                for (var i = 0; i < buyer; i++)
                {
                    await SendAsync(node, Event($"c-{buyer}", "purchase", $"m-{i}") with { ValueMicros = 10_000_000L * buyer });
                }
            }

            // The first edges were taken while the fifth was still buying; the next day's see it whole.
            folder.Pass(TimeSpan.FromDays(1));
            await UntilToldApartAsync(node);
            Assert.Contains("rfm.champions", (await node.ReadCustomerAsync("c-5")).Value!.Segments, StringComparer.Ordinal);
            Assert.Contains("best", (await node.ReadCustomerAsync("c-5")).Value!.Segments, StringComparer.Ordinal);
            Assert.Contains("rfm.hibernating", (await node.ReadCustomerAsync("c-1")).Value!.Segments, StringComparer.Ordinal);
            Assert.Equal("thanks", Offers(await node.DecideAsync(Request("c-5")))[0].OfferId);
            Assert.Empty(Offers(await node.DecideAsync(Request("c-9"))));
            var all = (await node.ReadSegmentsAsync()).Value!;
            Assert.Equal((136, 5L, 5L), (
                all.Count,
                all.Where(segment => segment.Id.StartsWith("rfm.", StringComparison.Ordinal) && char.IsAsciiDigit(segment.Id[4])).Sum(segment => segment.Size),
                all.Where(segment => segment.Id.StartsWith("rfm.", StringComparison.Ordinal) && !char.IsAsciiDigit(segment.Id[4])).Sum(segment => segment.Size)));

        }

        await using (var node = await folder.OpenAsync())
        {
            // By the edges of that day the best has gone cold two days later; the next edges tell customers apart again.
            folder.Pass(TimeSpan.FromDays(2));
            await UntilAsync(async () => (await node.ReadSegmentAsync("rfm.champions")).Value! is { Size: 1, Left: 1 });
            await UntilToldApartAsync(node);
            Assert.Contains("rfm.champions", (await node.ReadCustomerAsync("c-5")).Value!.Segments, StringComparer.Ordinal);

            await node.EraseAsync("c-1");
            Assert.Equal(0, (await node.ReadSegmentAsync("rfm.111")).Value!.Size);
        }

        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task a_stepped_node_wakes_whom_new_edges_concern_in_the_step_that_takes_them()
    {
        var day = TimeSpan.FromDays(1).Ticks / 10;
        using var folder = new AttackFolder();
        await using var node = await folder.OpenAsync(Catalog, options => options with { Stepped = true });
        for (var buyer = 1; buyer <= 5; buyer++)
        {
            await node.StepAsync(folder.Now + day);
            for (var i = 0; i < buyer; i++)
            {
                await SendAsync(node, Event($"c-{buyer}", "purchase", $"m-{i}") with { ValueMicros = 10_000_000L * buyer });
            }
        }

        await node.StepAsync(folder.Now + day);

        var cells = (await node.ReadSegmentsAsync()).Value!.Where(segment => segment.Size > 0 && segment.Id.StartsWith("rfm.", StringComparison.Ordinal) && char.IsAsciiDigit(segment.Id[4]));
        Assert.Equal(
            "rfm.111 1 live, rfm.222 1 live, rfm.333 1 live, rfm.444 1 live, rfm.555 1 live",
            string.Join(", ", cells.Select(segment => $"{segment.Id} {segment.Size} {segment.Status}").Order(StringComparer.Ordinal)));
    }

    [Fact]
    public async Task new_edges_wake_those_alone_whose_scores_they_change_and_all_stay_in_the_cells_of_their_scores()
    {
        const int Buyers = 1_500;
        using var folder = new AttackFolder();
        var begin = folder.Now;
        var last = Enumerable.Range(0, Buyers).Select(n => begin - (n * TimeSpan.FromHours(1).Ticks / 10)).ToArray();
        var bought = Enumerable.Repeat(1, Buyers).ToArray();
        await using (var node = await folder.OpenAsync(Catalog))
        {
            foreach (var some in Enumerable.Range(0, Buyers).Chunk(100))
            {
                await SendAsync(node, [.. some.Select(n => Purchase(n, last[n]))]);
            }

            await PassAsync(node, TimeSpan.FromDays(1));
            await UntilInTheirCellsAsync(node);

            // Some buy again by the edges of that day; the next day's are others for few.
            for (var n = 600; n < 650; n++)
            {
                (last[n], bought[n]) = (folder.Now, 2);
                await SendAsync(node, Purchase(n, last[n]));
            }

            await UntilInTheirCellsAsync(node);
            await PassAsync(node, TimeSpan.FromDays(1));
            await UntilInTheirCellsAsync(node);
            Assert.InRange(node.Due.Swept, 1, Buyers / 2);

            // Between two sets of edges time alone moves them.
            folder.Pass(TimeSpan.FromHours(12));
            await UntilInTheirCellsAsync(node);
        }

        await using (var node = await folder.OpenAsync())
        {
            folder.Pass(TimeSpan.FromHours(36));
            await UntilInTheirCellsAsync(node);
        }

        await folder.AssertCleanAsync();

        Touchpoint Purchase(int n, long at) => Event($"c-{n}", "purchase", $"m-{bought[n]}", at: at) with { ValueMicros = 10_000_000L * (1 + (n % 97)) };

        int CellOf(int n, RfmEdges edges) =>
            RfmScores.Of(new TouchTally("purchase", bought[n], last[n], bought[n] * 10_000_000L * (1 + (n % 97))), edges, folder.Now).Cell;

        // Edges are taken of whom the figures know by then.
        async Task PassAsync(EmbeddedNode node, TimeSpan time)
        {
            await node.Accounts.WaitAsync();
            folder.Pass(time);
        }

        async Task UntilInTheirCellsAsync(EmbeddedNode node)
        {
            var edges = RfmEdges.None;
            await UntilAsync(() =>
            {
                var stored = node.Log.Reader.GetValue("segments.rfm");
                if (stored is null || node.Log.Reader.GetValue("segments.sweep") is not null)
                {
                    return false;
                }

                var reader = new ByteReader(stored);
                reader.Count();
                edges = RfmEdges.Read(stored.AsSpan(reader.Position));
                return edges.Customers == Buyers && folder.Now - edges.TakenAtMicros < TimeSpan.FromDays(1).Ticks / 10;
            });

            foreach (var n in Enumerable.Range(0, Buyers))
            {
                var cell = $"rfm.{CellOf(n, edges)}";
                await UntilAsync(async () => (await node.ReadCustomerAsync($"c-{n}")).Value!.Segments.Contains(cell, StringComparer.Ordinal));
            }
        }
    }

    /// <summary>Each buyer is woken by itself: the last of them is in its place when all cells from worst to best have one.</summary>
    private static async Task UntilToldApartAsync(EmbeddedNode node)
    {
        foreach (var cell in new[] { "rfm.111", "rfm.222", "rfm.333", "rfm.444", "rfm.555" })
        {
            await UntilAsync(async () => (await node.ReadSegmentAsync(cell)).Value!.Size == 1);
        }
    }

    [Fact]
    public async Task edges_that_were_taken_while_the_clock_was_a_month_ahead_are_taken_anew_when_it_is_set_back()
    {
        using var folder = new AttackFolder();
        var clock = new SetClock(AttackFolder.Start);
        await using var node = await folder.OpenAsync(Catalog, clock: clock);
        byte[]? Edges() => node.Log.Reader.GetValue("segments.rfm");
        clock.Now += TimeSpan.FromDays(30);
        for (var buyer = 1; buyer <= 5; buyer++)
        {
            await SendAsync(node, Event($"c-{buyer}", "purchase", "m-1") with { ValueMicros = 10_000_000L * buyer });
        }

        await UntilAsync(() => Edges() is not null);
        var ahead = Edges()!;

        clock.Now -= TimeSpan.FromDays(30);

        await UntilAsync(() => !Edges()!.AsSpan().SequenceEqual(ahead));
    }

    [Fact]
    public async Task scores_are_no_field_without_the_section_and_its_ids_are_taken_with_it()
    {
        using var folder = new AttackFolder();
        await using var node = await folder.OpenAsync();

        var without = (await node.ValidateAsync(Bundle("segments: { best: rfm.r == 5 }\n"))).Value!;
        var taken = (await node.ValidateAsync(Bundle("rfm:\nsegments: { rfm.555: customer.lastChannel == 'app' }\n"))).Value!;
        var misspelt = (await node.ValidateAsync(Bundle("rfm: { of: purchase }\n"))).Value!;
        var sum = (await node.ValidateAsync(Bundle("segments: { a: { rule: 'counts.view > 1', sums: [customer.lastChannel, context.page, metrics.none] } }\n"))).Value!;

        Assert.Contains(without.Problems, problem => problem.IsError && problem.Message.Contains("rfm", StringComparison.Ordinal));
        Assert.Contains(taken.Problems, problem => problem.IsError && problem.Code == "duplicate-id");
        Assert.Contains(misspelt.Problems, problem => problem.IsError && problem.Code == "unknown-key");
        Assert.Equal(3, sum.Problems.Count(problem => problem.IsError));
    }
}
