using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Learning;
using PmOrleans.Node.Embedded;
using PmOrleans.Node.Log;
using PmOrleans.Node.Projections;
using PmOrleans.Node.Retention;
using PmOrleans.Node.Tests.Embedded;
using PmOrleans.Node.Tests.Log;
using static PmOrleans.Node.Tests.Embedded.AttackFolder;
using static PmOrleans.Node.Tests.Retention.CutStore;

namespace PmOrleans.Node.Tests.Retention;

/// <summary>What a base keeps is what is asked for later, and no more.</summary>
public sealed class BaseFoldTests
{
    private const string Twice = """
        catalog: { currency: EUR }
        policies:
          default: { goal: { on: click, within: 30m }, exploration: { kind: epsilonGreedy, epsilon: 0.5, floor: 0.1 } }
          slow: { halfLife: 20d, goal: { on: click, within: 2h }, exploration: { kind: epsilonGreedy, epsilon: 0.5, floor: 0.1 } }
        placements:
          p: { channel: web, slots: 3, policy: slow }
        campaigns:
          c:
            offers:
              a: { placements: [p], value: 10, content: {} }
              b: { placements: [p], value: 10, content: {} }
        """;

    [Fact]
    public async Task records_that_nothing_counts_any_more_are_not_kept()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(Shop))
        {
            await LiveAsync(folder, node, seed: 31, requests: 300, stepped: false, pace: TimeSpan.FromHours(8));
            await UntilAsync(() => node.Refolding.IsDone);
        }

        using var twin = Copy(folder);
        await CutAsync(folder, TimeSpan.FromDays(2));

        await using (var whole = await SqliteNodeLog.OpenAsync(new SqliteLogOptions { Folder = twin.Path }))
        await using (var cut = await SqliteNodeLog.OpenAsync(new SqliteLogOptions { Folder = folder.Path }))
        {
            var dropped = 0;
            foreach (var (row, customer) in CustomerBases.All(cut.Reader))
            {
                var judged = whole.Reader.ReadCustomer(row.Customer, 0, 1000)
                    .Where(record => record.CustomerSequence <= row.CustomerSequence && FactCodec.Read(record.Accounting, []).Any(fact => fact is DecisionFact or OutcomeFact)).ToList();
                Assert.Equal(judged.Skip(judged.Count - customer.Recent.Count).Select(record => record.CustomerSequence), customer.Recent.Select(record => record.Sequence));
                dropped += judged.Count - customer.Recent.Count;
            }

            Assert.True(dropped > 20, $"{dropped} dropped");
        }

        await folder.AssertCleanAsync();
        Assert.Equal(await LiveOnAsync(twin, 32, null), await LiveOnAsync(folder, 32, null));
        Assert.Equal(await LiveOnAsync(twin, 33, Changed, "buys400d"), await LiveOnAsync(folder, 33, Changed, "buys400d"));
        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task a_saved_state_that_is_behind_is_brought_up_to_the_base()
    {
        using var folder = new AttackFolder();
        await FillAsync(folder, seed: 34, requests: 200);
        folder.Tamper("DELETE FROM snapshot; UPDATE meta SET value=0 WHERE key='tail_start'");
        using var twin = Copy(folder);

        await CutAsync(folder, TimeSpan.FromDays(1));

        await folder.AssertCleanAsync();
        await using (var cut = await SqliteNodeLog.OpenAsync(new SqliteLogOptions { Folder = folder.Path }))
        {
            Assert.All(CustomerBases.Rows(cut.Reader), row => Assert.Equal(row.CustomerSequence, cut.Reader.LoadSnapshot(row.Customer)?.CustomerSequence));
        }

        Assert.Equal(await LiveOnAsync(twin, 35, null), await LiveOnAsync(folder, 35, null));
        await folder.AssertCleanAsync();
    }

    /// <summary>A release before this one could leave one, and so could an operator: what it counts for would be gone with it.</summary>
    [Fact]
    public async Task a_record_behind_the_end_of_an_erased_customer_ends_the_cut()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(Shop))
        {
            await SendAsync(node, Event("c-1", "view", "v-1"));
            Assert.Null((await node.EraseAsync("c-1")).Refusal);
            await UntilAsync(() => node.Refolding.IsDone);
        }

        await using (var log = await SqliteNodeLog.OpenAsync(new SqliteLogOptions { Folder = folder.Path }))
        {
            using ByteWriter accounting = new(), personal = new(), body = new();
            FactCodec.Write([new SegmentChangeFact(folder.Now, [], [], [])], accounting, personal, body);
            var end = log.Reader.ReadRange(0, 100).Last(row => !row.Customer.IsNone);
            Assert.Null(await log.AppendAsync(new TestRecord { Customer = end.Customer, CustomerSequence = end.CustomerSequence + 1, AtMicros = folder.Now, Accounting = accounting.Written.ToArray() }));
        }

        folder.Pass(TimeSpan.FromDays(9));
        await using (var node = await folder.OpenAsync())
        {
            await SendAsync(node, Event("c-2", "view", "v-2"));
            await UntilAsync(() => node.Refolding.IsDone);
        }

        var refused = await Assert.ThrowsAsync<CorruptDataException>(() => CutAsync(folder, TimeSpan.FromDays(1)));

        Assert.Contains("behind the erasure", refused.Message, StringComparison.Ordinal);
        await folder.AssertCleanAsync();
    }

    [Theory]
    [InlineData("dismiss")]
    [InlineData("ignored")]
    public async Task a_pause_counts_as_far_back_as_its_window_reaches(string on)
    {
        var yaml = AttackCatalogs.Capped("click", 50).Replace("within: 30m", "within: 20d", StringComparison.Ordinal)
            + $"\nsuppression: [ {{ on: {on}, per: campaign, after: 3, within: {(on == "dismiss" ? "60d" : "40d")}, pause: 30d }} ]\n";
        using var folder = new AttackFolder();
        var start = folder.Now;
        await using (var node = await folder.OpenAsync(yaml))
        {
            await ShowAsync(node, "d-1", day: 0);
            await SendAtAsync(node, "view", "m-21", null, day: 21);
            await ShowAsync(node, "d-2", day: 30);
            await ShowAsync(node, "d-3", day: 38);
            await SendAtAsync(node, "view", "m-51", null, day: 51);
            To(55);
            await SendAsync(node, Event("c-2", "view", "m-55"));
            await UntilAsync(() => node.Refolding.IsDone);
        }

        using var twin = Copy(folder);
        await CutAsync(folder, TimeSpan.FromHours(1));
        await folder.AssertCleanAsync();

        // Another cap: all counters are counted again, on the one side from what was kept.
        Assert.Empty(await DecideAfterAsync(twin));
        Assert.Empty(await DecideAfterAsync(folder));

        async Task<string[]> DecideAfterAsync(AttackFolder of)
        {
            of.Clock.AdvanceTo(At(55));
            await using var node = await of.OpenAsync(yaml.Replace("limit: 50", "limit: 51", StringComparison.Ordinal));
            await UntilAsync(() => node.Refolding.IsDone);
            of.Clock.AdvanceTo(At(on == "dismiss" ? 57 : 59));
            await SendAsync(node, Event("c-1", on == "dismiss" ? "dismiss" : "view", "m-last", on == "dismiss" ? "d-3" : null));
            return [.. Offers(await node.DecideAsync(Request("c-1", "d-4"))).Select(offer => offer.OfferId)];
        }

        async Task ShowAsync(EmbeddedNode node, string decision, int day)
        {
            To(day);
            Assert.Single(Offers(await node.DecideAsync(Request("c-1", decision))));
            await SendAsync(node, Event("c-1", "impression", $"i-{decision}", decision));
            if (on == "dismiss" && decision != "d-3")
            {
                await SendAsync(node, Event("c-1", "dismiss", $"x-{decision}", decision));
            }
        }

        async Task SendAtAsync(EmbeddedNode node, string type, string message, string? decision, int day)
        {
            To(day);
            await SendAsync(node, Event("c-1", type, message, decision));
        }

        void To(int day) => folder.Clock.AdvanceTo(At(day));

        long At(int day) => start + (long)TimeSpan.FromDays(day).TotalMicroseconds;
    }

    [Fact]
    public async Task a_policy_that_was_dropped_over_a_cut_comes_back_with_what_it_had_learned()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(Twice))
        {
            await LiveAsync(folder, node, seed: 36, requests: 150, stepped: false);
        }

        await using (var node = await folder.OpenAsync(Twice.Replace(", policy: slow", "", StringComparison.Ordinal).Replace("  slow: {", "  other: {", StringComparison.Ordinal)))
        {
            await LiveAsync(folder, node, seed: 37, requests: 60, stepped: false);
            await UntilAsync(() => node.Refolding.IsDone);
        }

        await SettleAsync(folder);
        using var twin = Copy(folder);
        await CutAsync(folder, TimeSpan.FromHours(2));
        await folder.AssertCleanAsync();
        await SettleAsync(folder);
        await folder.AssertCleanAsync();

        // With what was saved, and from base and log alone.
        Assert.Equal(await LearnedAsync(twin, Twice), await LearnedAsync(folder, Twice));
        foreach (var one in (AttackFolder[])[folder, twin])
        {
            one.Tamper("DELETE FROM checkpoint WHERE projection<>'base'");
        }

        Assert.Equal(await LearnedAsync(twin, null), await LearnedAsync(folder, null));
        await folder.AssertCleanAsync();

        static async Task<string> LearnedAsync(AttackFolder of, string? yaml)
        {
            await using var node = await of.OpenAsync(yaml);
            return node.Accounts.Read(fold =>
            {
                var slow = Assert.Single(fold.Models.Values, model => model.Options.HalfLife == TimeSpan.FromDays(20));
                Assert.True(slow.Observations > 50, $"{slow.Observations} outcomes");
                return string.Join('\n', slow.Report(of.Now).Select(arm => $"{arm.Arm} {arm.Trials} {arm.Rewards} {arm.Pending} {arm.Estimate.Rate:F9}"));
            });
        }
    }

    [Fact]
    public void a_base_model_that_is_damaged_is_an_error_and_one_of_other_options_begins_anew()
    {
        var folded = new BetaOptions { HalfLife = TimeSpan.FromDays(9) };
        var fold = new AccountingFold(_ => folded);
        fold.Model(3).Trial(new ArmKey(3, 1, 0), 1);
        var (ledgers, models, experiments) = (fold.WriteLedgers(), fold.WriteModels(), fold.WriteExperiments());

        Assert.Equal(1, AccountingFold.BeginAt(ledgers, models, experiments, _ => folded).Models[3].Version);
        Assert.Equal(folded, AccountingFold.BeginAt(ledgers, models, experiments, _ => null).Models[3].Options);
        Assert.Empty(AccountingFold.BeginAt(ledgers, models, experiments, _ => new BetaOptions()).Models);

        var damaged = AccountingFold.ReadModels(models)[0].Bytes[..^1];
        using var writer = new ByteWriter(1024);
        writer.Byte(1);
        writer.Signed(0);
        writer.Count(1);
        writer.Count(3);
        writer.Blob(damaged);
        var bytes = writer.ToArray();
        Assert.Throws<CorruptDataException>(() => AccountingFold.BeginAt(ledgers, bytes, experiments, _ => folded));
        Assert.False(new AccountingFold(_ => folded).TryRestore(ledgers, bytes, experiments));
    }
}
