using System.Reflection;
using PmOrleans.Node.Log;
using PmOrleans.Node.Verification;
using static PmOrleans.Node.Tests.Embedded.AttackFolder;

namespace PmOrleans.Node.Tests.Embedded;

/// <summary>The judge judged: a sound store is clean, and each forgery is found for what it is.</summary>
public sealed class VerifierTests
{
    [Fact]
    public async Task a_sound_store_is_clean_and_counted()
    {
        using var folder = new AttackFolder();
        await FillAsync(folder);

        var report = await folder.AssertCleanAsync();

        Assert.Equal((0, 5, 5, 10), (report.ExitCode, report.Customers, report.Decisions, report.Touchpoints));
        Assert.True(report.Snapshots == 5 && report.CapChecks > 4 && report.Outcomes > 4, report.ToText());
        Assert.Contains("caps broken: 0", report.ToText(), StringComparison.Ordinal);
        Assert.Contains("budget overspent: 0 micros", report.ToText(), StringComparison.Ordinal);
        Assert.Empty(report.Notes);
    }

    [Theory]
    [InlineData("DELETE FROM log WHERE sequence=4", FindingKind.FactLost)]
    [InlineData("DELETE FROM log WHERE sequence=(SELECT max(sequence) FROM log)", FindingKind.FactLost)]
    [InlineData("DELETE FROM identity WHERE rowid IN (SELECT 1) OR customer=(SELECT min(customer) FROM log)", FindingKind.FactLost)]
    [InlineData("UPDATE log SET accounting=x'0105' WHERE sequence=4", FindingKind.Unreadable)]
    [InlineData("UPDATE log SET personal=x'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f' WHERE customer IS NOT NULL", FindingKind.Unreadable)]
    [InlineData("UPDATE log SET epoch=99 WHERE sequence=4", FindingKind.EpochBroken)]
    [InlineData("UPDATE snapshot SET state=(SELECT state FROM snapshot s WHERE s.customer<>snapshot.customer)", FindingKind.Unreadable)]
    [InlineData("UPDATE snapshot SET due=1", FindingKind.SnapshotDiffers)]
    [InlineData("UPDATE snapshot SET customer_sequence=customer_sequence+1", FindingKind.SnapshotDiffers)]
    [InlineData("DELETE FROM decision", FindingKind.Dangling)]
    [InlineData("INSERT INTO decision VALUES(x'01020304050607080910111213141516', 2)", FindingKind.Dangling)]
    [InlineData("UPDATE decision SET sequence=(SELECT max(sequence) FROM decision d)", FindingKind.FactDoubled)]
    [InlineData("INSERT INTO erased SELECT customer FROM identity", FindingKind.ErasureIncomplete)]
    [InlineData("INSERT INTO data_key(key) VALUES(x'000102030405060708090a0b0c0d0e0f')", FindingKind.ErasureIncomplete)]
    [InlineData("UPDATE identity SET slot=slot+1000", FindingKind.Dangling)]
    [InlineData("UPDATE identity SET id_hash=zeroblob(16) WHERE id_hash=(SELECT min(id_hash) FROM identity)", FindingKind.Dangling)]
    [InlineData("UPDATE data_key SET key=zeroblob(16)", FindingKind.Dangling)]
    [InlineData("UPDATE checkpoint SET watermark=watermark+5", FindingKind.FactLost)]
    [InlineData("UPDATE checkpoint SET watermark=watermark-5", FindingKind.LedgerDiffers)]
    [InlineData("UPDATE checkpoint SET watermark=watermark-5", FindingKind.ModelDiffers)]
    [InlineData("UPDATE checkpoint SET state=x'01'", FindingKind.Unreadable)]
    [InlineData("UPDATE catalog SET bundle=CAST(replace(CAST(bundle AS TEXT), 'limit: 2', 'limit: 1') AS BLOB)", FindingKind.CapBroken)]
    [InlineData("UPDATE catalog SET bundle=CAST(replace(CAST(bundle AS TEXT), 'total: 37', 'total: 3') AS BLOB)", FindingKind.BudgetOverspent)]
    public async Task a_forged_table_is_found(string sql, FindingKind kind)
    {
        using var folder = new AttackFolder();
        await FillAsync(folder);

        folder.Tamper(sql.Replace("rowid IN (SELECT 1) OR ", "", StringComparison.Ordinal));
        var report = await StoreVerifier.VerifyAsync(folder.Path);

        Assert.True(report.Totals.GetValueOrDefault(kind) > 0, report.ToText());
        Assert.Equal(1, report.ExitCode);
    }

    /// <summary>A record appended once more under the next sequences: its facts are doubled in every respect.</summary>
    [Theory]
    [InlineData("personal", FindingKind.FactDoubled)]
    [InlineData("personal", FindingKind.MoneyUnbacked)]
    public async Task a_record_written_twice_is_found(string personal, FindingKind kind)
    {
        using var folder = new AttackFolder();
        await FillAsync(folder);

        folder.Tamper($"""
            INSERT INTO log SELECT (SELECT max(sequence)+1 FROM log), epoch, customer, (SELECT max(customer_sequence)+1 FROM log m WHERE m.customer=l.customer),
                at, NULL, accounting, {personal}
            FROM log l WHERE sequence=(SELECT max(sequence) FROM log WHERE customer IS NOT NULL AND customer_sequence=3);
            UPDATE log SET epoch=(SELECT max(epoch) FROM log)
            """);
        var report = await StoreVerifier.VerifyAsync(folder.Path);

        Assert.True(report.Totals.GetValueOrDefault(kind) > 0, report.ToText());
    }

    [Fact]
    public async Task a_lease_without_its_grant_is_found()
    {
        using var folder = new AttackFolder();
        await FillAsync(folder);

        // The first grant of the total budget put in the place of the day's: what is spent of the day has nothing behind it.
        folder.Tamper("""
            UPDATE log SET accounting=(SELECT accounting FROM log f WHERE f.sequence=(SELECT min(sequence) FROM log WHERE customer IS NULL))
            WHERE customer IS NULL
            """);
        var report = await StoreVerifier.VerifyAsync(folder.Path);

        Assert.True(report.Totals.GetValueOrDefault(FindingKind.MoneyUnbacked) > 0, report.ToText());
    }

    [Fact]
    public async Task a_folder_in_use_is_refused_unless_read_beside_its_owner_and_no_store_is_no_store()
    {
        using var folder = new AttackFolder();
        await using var node = await folder.OpenAsync(AttackCatalogs.Plain);
        await SendAsync(node, Event("c-1", "view", "m-1"));

        var refusal = await Assert.ThrowsAsync<NodeLogException>(() => StoreVerifier.VerifyAsync(folder.Path));
        var report = await StoreVerifier.VerifyAsync(folder.Path, live: true);
        using var empty = new AttackFolder();
        var missing = await Assert.ThrowsAsync<NodeLogException>(() => StoreVerifier.VerifyAsync(empty.Path));

        Assert.Equal(NodeLogError.InUse, refusal.Error);
        Assert.True(report.IsClean && report.Touchpoints == 1, report.ToText());
        Assert.True(StoreVerifier.Verify(node.Log.Reader).IsClean);
        Assert.Equal(NodeLogError.NotAStore, missing.Error);
        Assert.Empty(Directory.EnumerateFileSystemEntries(empty.Path));
    }

    [Fact]
    public async Task a_customer_who_is_erased_while_read_is_no_finding()
    {
        using var folder = new AttackFolder();
        await using var node = await folder.OpenAsync(AttackCatalogs.Plain);
        await node.DecideAsync(Request("c-1", "d-1"));
        await SendAsync(node, Event("c-1", "view", "m-1"));
        var reader = DispatchProxy.Create<ILogReader, ErasingReader>();
        ((ErasingReader)(object)reader).Set(node.Log.Reader, () => node.EraseAsync("c-1").AsTask().GetAwaiter().GetResult());

        var report = StoreVerifier.Verify(reader);

        Assert.True(report.IsClean, report.ToText());
        Assert.Equal(1, report.ErasedCustomers);
    }

    /// <summary>A log whose one customer is erased between the reading of a record and the look for its decision's id.</summary>
    public class ErasingReader : DispatchProxy
    {
        private ILogReader? _log;
        private Action? _erase;

        internal void Set(ILogReader log, Action erase) => (_log, _erase) = (log, erase);

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            if (targetMethod!.Name == nameof(ILogReader.FindDecision)) Interlocked.Exchange(ref _erase, null)?.Invoke();
            return targetMethod.Invoke(_log, args);
        }
    }

    /// <summary>Five customers: two views, a decision, an impression and a click each; caps of 2, money by total and day.</summary>
    private static async Task FillAsync(AttackFolder folder)
    {
        await using var node = await folder.OpenAsync(AttackCatalogs.Budgeted("total: 37, daily: 20, settleOn: impression, reserve: full")
            .Replace("    offers:", "    caps: [ { event: impression, limit: 2, within: 1d, per: campaign } ]\n    offers:", StringComparison.Ordinal));
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(2, Offers(await node.DecideAsync(Request($"c-{i}", $"d-{i}", count: 2))).Length);
            await SendAsync(node, Event($"c-{i}", "view", "m-1"));
            await SendAsync(node, Event($"c-{i}", "impression", "m-2", $"d-{i}"));
        }
    }
}
