using System.Globalization;
using System.Text.RegularExpressions;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Node.Embedded;
using PmOrleans.Node.Log;
using PmOrleans.Node.Privacy;
using PmOrleans.Node.Retention;
using PmOrleans.Node.Tests.Embedded;
using PmOrleans.Node.Tests.Log;
using static PmOrleans.Node.Tests.Embedded.AttackFolder;
using static PmOrleans.Node.Tests.Retention.CutStore;

namespace PmOrleans.Node.Tests.Retention;

/// <summary>What ends a cut early ends nothing else, is told, and is tried again.</summary>
public sealed class LogRetentionFailureTests
{
    [Fact]
    public async Task an_export_that_cannot_be_written_is_told_and_tried_again_and_the_node_goes_on()
    {
        using var folder = new AttackFolder();
        await FillAsync(folder, seed: 57, requests: 200);
        var file = Path.Combine(folder.Path, "file");
        await File.WriteAllTextAsync(file, "no folder");
        var retaining = new RetainingNode { Export = Path.Combine(file, "export") };
        await using (var node = await retaining.OpenAsync(folder))
        {
            await UntilAsync(() => node.Retention!.Failures > 2);
            Assert.Contains("file", retaining.Reports[0].Failure!, StringComparison.Ordinal);
            Assert.Equal(1, node.Log.Reader.ReadRange(0, 1)[0].Sequence);
            Assert.Null((await node.DecideAsync(Request("c-1"))).Refusal);

            File.Delete(file);
            await UntilAsync(() => retaining.HasCut);
        }

        await folder.AssertCleanAsync();
    }

    [Theory]
    [InlineData("UPDATE log SET accounting=x'63' WHERE sequence=20")]
    [InlineData("UPDATE log SET personal=x'63' WHERE sequence=(SELECT max(sequence) FROM log WHERE sequence<40 AND length(personal)>0)")]
    [InlineData("UPDATE log SET personal=(SELECT personal FROM log l WHERE l.customer<>log.customer AND length(personal)>0 LIMIT 1) WHERE sequence=(SELECT max(sequence) FROM log WHERE sequence<40 AND length(personal)>0)")]
    [InlineData("DELETE FROM log WHERE sequence=20")]
    public async Task a_damaged_record_stops_the_cut_before_it_and_not_the_node(string sql)
    {
        using var folder = new AttackFolder();
        await FillAsync(folder, seed: 58, requests: 200);
        folder.Tamper(sql);
        var retaining = new RetainingNode();
        await using var node = await retaining.OpenAsync(folder);

        await UntilAsync(() => node.Retention!.Failures > 1);

        var (rows, next) = (node.Log.Reader.ReadRange(0, 1000), LogBegin.Load(node.Log.Reader)?.Sequence ?? 0);
        Assert.True(next < 40, $"cut to {next}");
        Assert.Equal(next + 1, rows[0].Sequence);
        var told = Regex.Match(retaining.Reports[0].Failure!, @"^record (\d+) of the log (cannot be read: .+|is missing)$");
        Assert.True(told.Success, retaining.Reports[0].Failure);
        Assert.InRange(long.Parse(told.Groups[1].Value, CultureInfo.InvariantCulture), next + 1, next + retaining.Together);
        Assert.Null((await node.DecideAsync(Request("c-new"))).Refusal);
    }

    [Fact]
    public async Task a_saved_state_that_is_not_what_the_records_come_to_stops_the_cut_of_the_last_of_them()
    {
        using var folder = new AttackFolder();
        await FillAsync(folder, seed: 59, requests: 100);

        // One who sleeps from here on.
        await using (var node = await folder.OpenAsync())
        {
            await SendAsync(node, Event("c-sleeper", "view", "m-1"), Event("c-other", "view", "m-1"));
            folder.Pass(TimeSpan.FromDays(4));
            await LiveAsync(folder, node, seed: 60, requests: 20, stepped: false);
        }

        await ForgeAsync(folder, "c-sleeper", "c-other");
        var retaining = new RetainingNode();
        await using var again = await retaining.OpenAsync(folder);
        await UntilAsync(() => again.Retention!.Failures > 1);
        Assert.Contains("is not what the records come to", retaining.Reports[0].Failure!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("zeroblob(60)")]
    [InlineData("x'63'")]
    [InlineData("(SELECT state FROM snapshot other WHERE other.customer<>snapshot.customer LIMIT 1)")]
    public async Task a_saved_state_that_cannot_be_read_is_made_anew_out_of_the_records_before_they_go(string damage)
    {
        using var folder = new AttackFolder();
        await FillAsync(folder, seed: 62, requests: 200);
        folder.Tamper($"UPDATE snapshot SET state={damage}");
        var retaining = new RetainingNode();
        await using (var node = await retaining.OpenAsync(folder))
        {
            await UntilAsync(() => retaining.HasCut);
            Assert.Equal(0, node.Retention!.Failures);
            Assert.Null(Assert.Single(retaining.Reports).Failure);
        }

        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task a_commit_that_fails_is_told_and_tried_again()
    {
        using var folder = new AttackFolder();
        await FillAsync(folder, seed: 61, requests: 200);
        var faults = new ScriptedFaults();
        var retaining = new RetainingNode { Faults = faults };
        retaining.BeforeStep = _ =>
        {
            faults.AtCommit = retaining.Steps is 3 or 5 ? ScriptedFaults.Fail : null;
            return Task.CompletedTask;
        };
        await using (var node = await retaining.OpenAsync(folder))
        {
            await UntilAsync(() =>
            {
                if (node.Retention!.Failures > 0)
                {
                    faults.Disarm();
                }

                return retaining.HasCut;
            });
            Assert.True(node.Retention!.Failures > 0);
        }

        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task retention_is_refused_where_it_cannot_be()
    {
        using var folder = new AttackFolder();
        var options = new EmbeddedNodeOptions { DataFolder = folder.Path, Retention = new RetentionOptions { Keep = TimeSpan.FromDays(6), Every = TimeSpan.FromSeconds(1) } };
        var wrong = await Assert.ThrowsAsync<ArgumentException>(() => EmbeddedNode.OpenAsync(options));
        Assert.Contains("retention.keep is '6.00:00:00'; allowed are 7.00:00:00 to 36500.00:00:00", wrong.Message, StringComparison.Ordinal);
        Assert.Contains("retention.every", wrong.Message, StringComparison.Ordinal);
    }

    /// <summary>Saves under one customer the state of another who has as many records.</summary>
    private static async Task ForgeAsync(AttackFolder folder, string id, string other)
    {
        await using var log = await SqliteNodeLog.OpenAsync(new SqliteLogOptions { Folder = folder.Path });
        var hashes = new NodeHashes(log.Secret.Span).Identity;
        var (identity, from) = (log.Reader.FindIdentity(hashes.Hash128(id))!, log.Reader.FindIdentity(hashes.Hash128(other))!);
        var plain = PersonalCipher.Decrypt(from.DataKey, log.Reader.LoadSnapshot(from.Customer)!.State);
        var state = new byte[plain.Length + PersonalCipher.Overhead];
        PersonalCipher.Encrypt(identity.DataKey, plain, state);
        var saved = log.Reader.LoadSnapshot(identity.Customer)!;
        await log.WriteAsync(transaction => transaction.SaveSnapshot(saved with { State = state }));
    }
}
