using PmOrleans.Decisioning.Profiles;
using PmOrleans.Node.Log;
using PmOrleans.Node.Privacy;
using PmOrleans.Node.Retention;
using PmOrleans.Node.Tests.Embedded;
using PmOrleans.Node.Verification;
using static PmOrleans.Node.Tests.Embedded.AttackFolder;
using static PmOrleans.Node.Tests.Retention.CutStore;

namespace PmOrleans.Node.Tests.Retention;

/// <summary>What is cut from the log is missed by nobody who does not ask for it by name.</summary>
public sealed class LogCutTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task a_store_that_is_cut_again_and_again_answers_like_its_twin_that_is_not(int seed)
    {
        using var cut = new AttackFolder();
        await FillAsync(cut, seed, requests: 400);
        using var twin = Copy(cut);

        await CutAsync(cut, TimeSpan.FromDays(3));
        await cut.AssertCleanAsync();
        Assert.Equal(await LiveOnAsync(twin, seed + 100, null), await LiveOnAsync(cut, seed + 100, null));
        await cut.AssertCleanAsync();

        // Other caps and metrics: everybody is folded anew, from the base on the one side and from the whole history on the other.
        Assert.Equal(await LiveOnAsync(twin, seed + 200, Changed, "buys400d"), await LiveOnAsync(cut, seed + 200, Changed, "buys400d"));
        await cut.AssertCleanAsync();
        await SettleAsync(cut);
        await SettleAsync(twin);
        await cut.AssertCleanAsync();

        await CutAsync(cut, TimeSpan.FromDays(2));
        await cut.AssertCleanAsync();
        Assert.Equal(await LiveOnAsync(twin, seed + 300, Shop, "kinds90d"), await LiveOnAsync(cut, seed + 300, Shop, "kinds90d"));
        await SettleAsync(cut);
        await cut.AssertCleanAsync();
        await twin.AssertCleanAsync();
    }

    [Fact]
    public async Task a_metric_that_is_younger_than_a_cut_says_since_when_it_counts()
    {
        using var folder = new AttackFolder();
        await FillAsync(folder, seed: 13, requests: 150);
        var report = await CutAsync(folder, TimeSpan.FromDays(1));
        await using var node = await folder.OpenAsync(Changed);

        var metrics = (await node.ReadCustomerAsync("c-1")).Value!.Metrics.ToDictionary(metric => metric.Name, metric => metric.SinceMicros, StringComparer.Ordinal);
        Assert.Equal(report.CutBefore, Time.Micros.ToTime(metrics["buys400d"]!.Value));
        Assert.Null(metrics["spend30d"]);

        // Once the window has left the cut behind, it counts all that is in it.
        folder.Pass(TimeSpan.FromDays(401));
        await SendAsync(node, Event("c-1", "view", "m-late"));
        Assert.All((await node.ReadCustomerAsync("c-1")).Value!.Metrics, metric => Assert.Null(metric.SinceMicros));
    }

    /// <summary>A customer who was live in the sweep after a publish is saved anew some time later; a crash in between leaves what was saved before it.</summary>
    [Fact]
    public async Task a_saved_state_with_definitions_of_before_is_brought_to_those_of_the_cut_and_knows_no_more_than_the_log()
    {
        using var folder = new AttackFolder();
        await FillAsync(folder, seed: 21, requests: 200);
        folder.Tamper("CREATE TABLE before AS SELECT customer, customer_sequence, due, state FROM snapshot");
        await using (var node = await folder.OpenAsync(Changed))
        {
            await UntilAsync(() => node.Refolding.IsDone);
        }

        folder.Tamper("""
            UPDATE snapshot SET (customer_sequence, due, state)=(SELECT b.customer_sequence, b.due, b.state FROM before b WHERE b.customer=snapshot.customer);
            DROP TABLE before
            """);
        await CutAsync(folder, TimeSpan.FromDays(2));
        await folder.AssertCleanAsync();
        await using (var node = await folder.OpenAsync(Shop))
        {
            await UntilAsync(() => node.Refolding.IsDone);
        }

        await folder.AssertCleanAsync();
        await CutAsync(folder, TimeSpan.FromDays(1));
        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task everything_that_only_saves_time_may_be_lost_after_a_cut()
    {
        using var folder = new AttackFolder();
        await FillAsync(folder, seed: 5, requests: 300);
        await CutAsync(folder, TimeSpan.FromDays(2));
        using var whole = Copy(folder);
        folder.Tamper("DELETE FROM snapshot; DELETE FROM checkpoint WHERE projection<>'base'; UPDATE meta SET value=0 WHERE key='tail_start'");

        // Stepped: nothing is written by a loop that comes to it sooner in one of them.
        for (var restart = 0; restart < 2; restart++)
        {
            Assert.Equal(await LiveOnAsync(whole, 14 + restart, null), await LiveOnAsync(folder, 14 + restart, null));
        }

        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task a_cut_that_is_killed_at_any_moment_leaves_a_clean_store_and_goes_on()
    {
        using var folder = new AttackFolder();
        await FillAsync(folder, seed: 6, requests: 300);
        var before = folder.Now - (long)TimeSpan.FromDays(1).TotalMicroseconds;
        var ends = 0;
        for (var round = 0; ends == 0; round++)
        {
            Assert.True(round < 100, "it never comes to an end");
            using var child = NodeProcess.Start(folder.Path, Shop, $"{NodeProcess.CutRound}{before}");
            for (var lines = 0; lines <= round % 5 && await child.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(2)) is { } line; lines++)
            {
                ends += line.StartsWith("t end", StringComparison.Ordinal) ? 1 : 0;
            }

            child.Kill();
            await child.WaitForExitAsync();
            await folder.AssertCleanAsync();
        }

        // What was exported is what was cut: every record once.
        var sequences = Exported(Path.Combine(folder.Path, "export")).Select(record => record.GetProperty("sequence").GetInt64()).Order().ToList();
        Assert.True(sequences.Count > 100, $"{sequences.Count} records");
        Assert.Equal(Enumerable.Range(1, sequences.Count).Select(n => (long)n), sequences);
        await using var node = await folder.OpenAsync();
        Assert.Equal(sequences[^1] + 1, node.Log.Reader.ReadRange(0, 1)[0].Sequence);
    }

    [Fact]
    public async Task a_decision_id_within_the_horizon_is_a_repeat_and_what_was_cut_is_said_to_be()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(Shop))
        {
            Offers(await node.DecideAsync(Request("c-1", "old")));
            folder.Pass(TimeSpan.FromDays(3));
            Offers(await node.DecideAsync(Request("c-1", "young")));
            await SendAsync(node, Event("c-1", "view", "m-1"));
            await UntilAsync(() => node.Refolding.IsDone);
        }

        var report = await CutAsync(folder, TimeSpan.FromHours(1));
        await using (var node = await folder.OpenAsync())
        {
            Assert.True((await node.DecideAsync(Request("c-1", "young"))).Value!.Repeated);
            Assert.Equal("c-1", (await node.ReadDecisionAsync("young")).Value!.Answer.CustomerId);
            Assert.Equal((0, 1), await SendAsync(node, Event("c-1", "view", "m-1")) is var again ? (again.Accepted, again.Duplicates) : default);

            var gone = (await node.ReadDecisionAsync("old")).Refusal!;
            Assert.Equal(Port.RefusalKind.NotFound, gone.Kind);
            Assert.Contains("have been cut from the log", gone.Detail, StringComparison.Ordinal);

            var page = (await node.ReadFactsAsync("c-1", 0, 100)).Value!;
            Assert.Equal(report.CutBefore!.Value, Time.Micros.ToTime(page.CutBeforeMicros!.Value));
            Assert.All(page.Facts, fact => Assert.True(fact.AtMicros > page.CutBeforeMicros));
            Assert.Null((await node.ReadFactsAsync("c-1", page.Facts[0].Sequence, 100)).Value!.CutBeforeMicros);
        }

        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task an_erasure_after_a_cut_reaches_base_and_export()
    {
        using var folder = new AttackFolder();
        await FillAsync(folder, seed: 7, requests: 200);
        var export = Path.Combine(folder.Path, "export");
        await CutAsync(folder, TimeSpan.FromDays(1), export);
        var erased = await KeyOfAsync(folder, "c-3");
        var cipher = Exported(export).First(record => record.TryGetProperty("customer", out var customer) && customer.GetString() == erased.Customer.ToString())
            .GetProperty("personal").GetBytesFromBase64();
        Assert.NotEmpty(PersonalCipher.Decrypt(erased.DataKey, cipher));

        await using (var node = await folder.OpenAsync())
        {
            Assert.Null((await node.EraseAsync("c-3")).Refusal);
            Assert.NotNull((await node.ReadCustomerAsync("c-3")).Refusal);
            Assert.Empty(node.Log.Reader.LoadBase(erased.Customer)!.Personal);
            Assert.Empty(node.Log.Reader.IdentitiesOf(erased.Customer));
        }

        var bytes = await File.ReadAllBytesAsync(Path.Combine(folder.Path, "node.db"));
        Assert.Equal(-1, bytes.AsSpan().IndexOf(erased.DataKey));
        await folder.AssertCleanAsync();

        // The rest of one who is gone goes with the last record.
        await using (var node = await folder.OpenAsync())
        {
            folder.Pass(TimeSpan.FromDays(2));
            await SendAsync(node, Event("c-1", "view", "m-last"));
        }

        await SettleAsync(folder);
        await CutAsync(folder, TimeSpan.FromDays(1));
        await folder.AssertCleanAsync();
        await using var again = await folder.OpenAsync();
        Assert.Null(again.Log.Reader.LoadBase(erased.Customer));
    }

    [Fact]
    public async Task a_cut_store_is_backed_up_and_restored_whole()
    {
        using var folder = new AttackFolder();
        await FillAsync(folder, seed: 8, requests: 150);
        await CutAsync(folder, TimeSpan.FromDays(1));
        using var restored = new AttackFolder();
        restored.Clock.AdvanceTo(folder.Now);
        var backup = Path.Combine(folder.Path, "backup");

        await SqliteStore.BackupAsync(folder.Path, backup);
        await SqliteStore.RestoreAsync(backup, restored.Path);

        // Stepped: no loop writes something that the other's has not come to.
        await restored.AssertCleanAsync();
        await using var left = await folder.OpenAsync(null, options => options with { Stepped = true });
        await using var right = await restored.OpenAsync(null, options => options with { Stepped = true });
        Assert.Equal(await DescribeAsync(left, "rfm"), await DescribeAsync(right, "rfm"));
    }

    [Fact]
    public async Task a_model_whose_meaning_changes_after_a_cut_learns_from_what_is_left_and_recounts()
    {
        using var folder = new AttackFolder();
        await FillAsync(folder, seed: 9, requests: 250);
        await CutAsync(folder, TimeSpan.FromDays(1));

        await using (var node = await folder.OpenAsync(Shop.Replace("within: 30m", "within: 50m", StringComparison.Ordinal)))
        {
            await LiveAsync(folder, node, seed: 10, requests: 60, stepped: false);
        }

        await folder.AssertCleanAsync();
    }

    [Theory]
    [InlineData("DELETE FROM base", FindingKind.FactLost)]
    [InlineData("UPDATE base SET customer_sequence=customer_sequence-1", FindingKind.FactLost)]
    [InlineData("UPDATE base SET personal=(SELECT personal FROM base b WHERE b.customer<>base.customer)", FindingKind.Unreadable)]
    [InlineData("UPDATE base SET accounting=x'01'", FindingKind.Unreadable)]
    [InlineData("UPDATE base SET accounting=(SELECT accounting FROM base b WHERE b.customer<>base.customer ORDER BY length(accounting) DESC)", FindingKind.SegmentDiffers)]
    [InlineData("UPDATE checkpoint SET watermark=watermark-1 WHERE projection='base'", FindingKind.FactLost)]
    [InlineData("UPDATE checkpoint SET state=x'01' WHERE projection='base'", FindingKind.Unreadable)]
    [InlineData("DELETE FROM checkpoint WHERE projection='base'", FindingKind.FactLost)]
    [InlineData("UPDATE checkpoint SET watermark=1 WHERE projection='ledgers'", FindingKind.FactLost)]
    [InlineData("UPDATE snapshot SET customer_sequence=1", FindingKind.Dangling)]
    [InlineData("INSERT INTO erased SELECT customer FROM base", FindingKind.ErasureIncomplete)]
    public async Task a_forged_base_is_found(string sql, FindingKind kind)
    {
        using var folder = new AttackFolder();
        await FillAsync(folder, seed: 11, requests: 150);
        await CutAsync(folder, TimeSpan.FromHours(20));

        folder.Tamper(sql);
        var report = await StoreVerifier.VerifyAsync(folder.Path);

        Assert.True(report.Totals.GetValueOrDefault(kind) > 0, report.ToText());
    }

    [Theory]
    [InlineData("UPDATE base SET accounting=x'01' WHERE customer=(SELECT min(customer) FROM base)")]
    [InlineData("UPDATE base SET personal=x'01' WHERE customer=(SELECT min(customer) FROM base)")]
    [InlineData("UPDATE base SET personal=zeroblob(0) WHERE customer=(SELECT min(customer) FROM base)")]
    [InlineData(null)]
    public async Task the_damaged_base_of_one_customer_is_named_and_the_others_are_judged_on(string? sql)
    {
        using var folder = new AttackFolder();
        await FillAsync(folder, seed: 15, requests: 150);
        await CutAsync(folder, TimeSpan.FromHours(20));

        folder.Tamper(sql ?? await DamageRecentAsync(folder));
        var report = await StoreVerifier.VerifyAsync(folder.Path);

        var named = Assert.Single(report.Findings, finding => finding.Where.StartsWith("base of customer", StringComparison.Ordinal));
        Assert.Equal(FindingKind.Unreadable, named.Kind);
        Assert.DoesNotContain(report.Findings, finding => finding.Where.StartsWith("checkpoint", StringComparison.Ordinal) || finding.Kind is FindingKind.FactLost or FindingKind.SnapshotDiffers);
        Assert.Equal(CutStore.Customers, report.Customers);
    }

    [Fact]
    public async Task a_decision_whose_customer_is_just_being_erased_names_no_id()
    {
        using var folder = new AttackFolder();
        await using (var node = await folder.OpenAsync(Shop))
        {
            Offers(await node.DecideAsync(Request("c-1", "old")));
            folder.Pass(TimeSpan.FromDays(3));
            Offers(await node.DecideAsync(Request("c-1", "young")));
            await UntilAsync(() => node.Refolding.IsDone);
        }

        await CutAsync(folder, TimeSpan.FromHours(1));
        folder.Tamper("UPDATE base SET personal=zeroblob(0)");

        await using var again = await folder.OpenAsync();
        Assert.Equal("", (await again.ReadDecisionAsync("young")).Value!.Answer.CustomerId);
    }

    [Fact]
    public async Task what_cannot_be_cut_is_refused_and_left_as_it_is()
    {
        using var folder = new AttackFolder();
        await FillAsync(folder, seed: 12, requests: 60);
        var options = new LogCutOptions { Folder = folder.Path, Before = folder.Clock.GetUtcNow() };

        // All of it is within the horizon of decision ids.
        Assert.Equal((null, 0L, 0L), await LogCutter.CutAsync(options) is var young ? (young.Refusal, young.Records, young.CutTo) : default);

        // Customers are not folded with what is live.
        await using (var node = await folder.OpenAsync(null, node => node with { RefoldsPerSecond = 1 }))
        {
            await PublishAsync(node, Changed);
        }

        var early = await LogCutter.CutAsync(options with { KeepDecisionIds = TimeSpan.FromHours(1) });
        Assert.Contains("still to be folded", early.Refusal, StringComparison.Ordinal);

        await SettleAsync(folder);
        folder.Tamper("UPDATE checkpoint SET watermark=watermark-5 WHERE projection='ledgers'");
        var wrong = await LogCutter.CutAsync(options with { KeepDecisionIds = TimeSpan.FromHours(1) });
        Assert.Contains("differs from its recount", wrong.Refusal, StringComparison.Ordinal);

        var problem = await Assert.ThrowsAsync<ArgumentException>(() => LogCutter.CutAsync(options with { KeepDecisionIds = TimeSpan.FromMinutes(59), RecordsTogether = 0 }));
        Assert.Contains("KeepDecisionIds", problem.Message, StringComparison.Ordinal);
        Assert.Contains("RecordsTogether", problem.Message, StringComparison.Ordinal);
    }

    /// <summary>What damages one record of those that a base still has.</summary>
    private static async Task<string> DamageRecentAsync(AttackFolder folder)
    {
        await using var log = await SqliteNodeLog.OpenAsync(new SqliteLogOptions { Folder = folder.Path });
        var (row, customer) = CustomerBases.All(log.Reader).First(entry => entry.Base.Recent.Count > 0);
        customer.Recent[0] = customer.Recent[0] with { Accounting = [0x63] };
        return $"UPDATE base SET accounting=x'{Convert.ToHexString(customer.Write())}' WHERE customer=(SELECT customer FROM base WHERE accounting=x'{Convert.ToHexString(row.Accounting)}')";
    }

    private static async Task<IdentityRow> KeyOfAsync(AttackFolder folder, string customer)
    {
        await using var log = await SqliteNodeLog.OpenAsync(new SqliteLogOptions { Folder = folder.Path });
        return log.Reader.ReadIdentities(0, 1000).First(identity =>
            log.Reader.LoadSnapshot(identity.Customer) is { } saved && CustomerState.Read(identity.Customer, PersonalCipher.Decrypt(identity.DataKey, saved.State)).FirstId == customer);
    }
}
