using System.Diagnostics.Metrics;
using System.Globalization;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Embedded;
using PmOrleans.Node.Log;
using PmOrleans.Node.Port;
using PmOrleans.Node.Retention;
using PmOrleans.Node.Tests.Embedded;
using PmOrleans.Node.Verification;
using static PmOrleans.Node.Tests.Embedded.AttackFolder;
using static PmOrleans.Node.Tests.Retention.CutStore;

namespace PmOrleans.Node.Tests.Retention;

/// <summary>A node that cuts its log while it runs is like one that does not.</summary>
public sealed class LogRetentionTests
{
    [Theory]
    [InlineData(41)]
    [InlineData(42)]
    [InlineData(43)]
    [InlineData(44)]
    public async Task a_node_that_cuts_while_it_answers_is_like_its_twin_that_does_not(int seed)
    {
        using var cut = new AttackFolder();
        await FillAsync(cut, seed, requests: 400);
        using var twin = Copy(cut);
        var retaining = new RetainingNode();

        for (var life = 0; life < 2; life++)
        {
            await using var left = await retaining.OpenSteppedAsync(cut);
            await using var right = await twin.OpenAsync(null, options => options with { Stepped = true });
            await left.StepAsync(cut.Now);
            await right.StepAsync(twin.Now);
            long records = 0;
            for (var round = 0; round < 8; round++)
            {
                var answers = LiveAsync(cut, left, seed + 1000 + (10 * life) + round, requests: 15, stepped: true);
                records += (await left.Retention!.CutAsync(default))!.Records;
                Assert.Equal(await LiveAsync(twin, right, seed + 1000 + (10 * life) + round, requests: 15, stepped: true), await answers);
            }

            await left.StepAsync(cut.Now + 1);
            await right.StepAsync(twin.Now + 1);
            Assert.True(records > 50, $"{records} records were cut");
            Assert.Equal(await DescribeAsync(right), await DescribeAsync(left));
        }

        await cut.AssertCleanAsync();
        await twin.AssertCleanAsync();

        // Other caps and metrics: everybody is folded anew, from the base on the one side and from the whole history on the other.
        Assert.Equal(await LiveOnAsync(twin, seed + 200, Changed, "buys400d"), await LiveOnAsync(cut, seed + 200, Changed, "buys400d"));
        await cut.AssertCleanAsync();
    }

    [Fact]
    public async Task a_node_cuts_by_itself_when_its_clock_says_so_and_what_it_cuts_is_exported_once()
    {
        using var folder = new AttackFolder();
        var export = Path.Combine(folder.Path, "export");
        var retaining = new RetainingNode { Export = export };
        await using (var node = await retaining.OpenAsync(folder))
        {
            await PublishAsync(node, Shop);

            // Entries of all these records wait in memory for their turn in the index.
            await LiveAsync(folder, node, seed: 51, requests: 250, stepped: false);
            await UntilAsync(async () =>
            {
                await SendAsync(node, Event("c-1", "view"));
                folder.Pass(TimeSpan.FromMinutes(2));
                return node.Log.Reader.ReadRange(0, 1)[0].AtMicros >= folder.Now - (long)TimeSpan.FromDays(4).TotalMicroseconds;
            });
            Assert.Equal(0, node.Retention!.Failures);
            folder.Pass(TimeSpan.FromMinutes(1));
            await UntilAsync(() => Task.FromResult(CutAges().Contains((folder.Now - node.Retention.DoneAtMicros!.Value) / 1e6)));
        }

        await folder.AssertCleanAsync();
        await using var log = await SqliteNodeLog.OpenAsync(new SqliteLogOptions { Folder = folder.Path });
        var cutTo = log.Reader.ReadRange(0, 1)[0].Sequence - 1;
        Assert.True(cutTo > 100, $"{cutTo} records were cut");
        Assert.Equal(Enumerable.Range(1, (int)cutTo).Select(n => (long)n), Exported(export).Select(record => record.GetProperty("sequence").GetInt64()).Where(n => n <= cutTo).Order());
    }

    [Fact]
    public async Task a_node_that_is_killed_at_any_moment_of_a_cut_leaves_a_clean_store_and_goes_on()
    {
        using var folder = new AttackFolder();
        await FillAsync(folder, seed: 50, requests: 300);
        var export = Path.Combine(folder.Path, "export");
        var ends = 0;
        for (var round = 0; round < 8 || ends == 0; round++)
        {
            Assert.True(round < 40, "no cut ever comes to an end");
            using var child = NodeProcess.Start(folder.Path, Shop, $"{NodeProcess.RetainRound}{folder.Now}");
            for (var lines = 0; lines <= round * 3 % 16; lines++)
            {
                var line = (await child.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(2)))!.Split(' ');
                Assert.False(line[1] == "failed", string.Join(' ', line));
                ends += line[1] == "end" ? 1 : 0;
                folder.Clock.AdvanceTo(long.Parse(line[2], CultureInfo.InvariantCulture));
            }

            child.Kill();
            await child.WaitForExitAsync();
            await folder.AssertCleanAsync();
        }

        var cutTo = await CutToAsync(folder);
        Assert.True(cutTo > 100, $"{cutTo} records were cut");
        Assert.Equal(Enumerable.Range(1, (int)cutTo).Select(n => (long)n), Exported(export).Select(record => record.GetProperty("sequence").GetInt64()).Where(n => n <= cutTo).Order());
    }

    [Fact]
    public async Task who_is_erased_while_a_base_is_made_does_not_come_back_in_it()
    {
        using var folder = new AttackFolder();
        await FillAsync(folder, seed: 52, requests: 250);
        var erased = new List<(string Id, IdentityRow Identity)>();
        var retaining = new RetainingNode { Export = Path.Combine(folder.Path, "export"), Together = 25 };
        await using (var node = await retaining.OpenSteppedAsync(folder))
        {
            await node.StepAsync(folder.Now);
            var ids = Enumerable.Range(0, CutStore.Customers / 2).Select(n => $"c-{2 * n}").ToHashSet(StringComparer.Ordinal);
            retaining.BeforeStep = async step =>
            {
                var id = ids.FirstOrDefault(id => step.Changes.Any(change => change.HasPersonal && change.Customer == KeyOf(node, id)!.Customer));
                if (id is not null)
                {
                    ids.Remove(id);
                    erased.Add((id, KeyOf(node, id)!));
                    Assert.Null((await node.EraseAsync(id)).Refusal);
                }
            };
            var report = await node.Retention!.CutAsync(default);

            Assert.True(report!.Records > 100, $"{report.Records} records were cut");
            Assert.Equal(CutStore.Customers / 2, erased.Count);
            Assert.All(erased, gone =>
            {
                Assert.True(node.Log.Reader.LoadBase(gone.Identity.Customer) is null or { Personal.Length: 0 }, $"{gone.Id} has a base");
                Assert.Null(node.Log.Reader.LoadSnapshot(gone.Identity.Customer));
                Assert.Empty(node.Log.Reader.IdentitiesOf(gone.Identity.Customer));
            });
            foreach (var (id, _) in erased)
            {
                Assert.NotNull((await node.ReadCustomerAsync(id)).Refusal);
            }

        }

        var bytes = await File.ReadAllBytesAsync(Path.Combine(folder.Path, "node.db"));
        Assert.All(erased, gone => Assert.Equal(-1, bytes.AsSpan().IndexOf(gone.Identity.DataKey)));
        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task an_erasure_right_after_the_first_cut_of_a_running_node_empties_the_base()
    {
        using var folder = new AttackFolder();
        await FillAsync(folder, seed: 53, requests: 200);
        await using (var node = await new RetainingNode().OpenSteppedAsync(folder))
        {
            await node.StepAsync(folder.Now);
            Assert.Null(node.Log.Reader.LoadBase(KeyOf(node, "c-3")!.Customer));
            await node.Retention!.CutAsync(default);
            var key = KeyOf(node, "c-3")!.Customer;
            Assert.NotEmpty(node.Log.Reader.LoadBase(key)!.Personal);

            Assert.Null((await node.EraseAsync("c-3")).Refusal);

            Assert.Empty(node.Log.Reader.LoadBase(key)!.Personal);
        }

        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task a_kill_in_a_cut_right_behind_a_publish_that_changes_what_models_mean_leaves_a_store_that_can_be_counted_again()
    {
        using var folder = new AttackFolder();
        await FillAsync(folder, seed: 55, requests: 300);
        AttackFolder? killed = null;
        var retaining = new RetainingNode();
        retaining.BeforeStep = async _ =>
        {
            if (retaining.Steps == 1)
            {
                await PublishAsync(retaining.Node, Shop.Replace("within: 30m", "within: 45m", StringComparison.Ordinal));
            }
            else if (killed is null && LogBegin.Load(retaining.Node.Log.Reader) is not null)
            {
                killed = folder.AsKilled();
            }
        };
        await using (await retaining.OpenAsync(folder))
        {
            await UntilAsync(() => retaining.HasCut);
        }

        using (killed)
        {
            await killed!.AssertCleanAsync();
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task what_is_published_while_a_base_is_made_waits_until_everybody_is_folded_with_it(bool models)
    {
        using var folder = new AttackFolder();
        await FillAsync(folder, seed: 54, requests: 300);
        var published = models ? Changed.Replace("within: 30m", "within: 50m", StringComparison.Ordinal) : Changed;
        var retaining = new RetainingNode();
        retaining.BeforeStep = async _ =>
        {
            if (retaining.Steps == 4)
            {
                await PublishAsync(retaining.Node, published);
            }
        };
        await using (var node = await retaining.OpenAsync(folder))
        {
            await UntilAsync(() => retaining.Steps > 6 && retaining.HasCut);
            Assert.Equal(0, node.Retention!.Failures);
        }

        await folder.AssertCleanAsync();
        await using (var log = await SqliteNodeLog.OpenAsync(new SqliteLogOptions { Folder = folder.Path }))
        {
            Assert.Equal(2, LogBegin.Load(log.Reader)!.Cuts.Count);
        }

        await LiveOnAsync(folder, 55, null);
        await folder.AssertCleanAsync();
    }

    [Fact]
    public async Task a_stop_ends_a_cut_at_once_and_the_next_start_goes_on()
    {
        using var folder = new AttackFolder();
        await FillAsync(folder, seed: 56, requests: 250);
        var reached = new TaskCompletionSource();
        var export = Path.Combine(folder.Path, "export");
        var retaining = new RetainingNode { Export = export };
        retaining.BeforeStep = _ =>
        {
            if (retaining.Steps == 3)
            {
                reached.SetResult();
            }

            return Task.CompletedTask;
        };
        await using (await retaining.OpenAsync(folder))
        {
            await reached.Task.WaitAsync(TimeSpan.FromMinutes(1));
        }

        Assert.DoesNotContain(retaining.Reports, report => report.Failure is not null);
        await folder.AssertCleanAsync();

        var again = new RetainingNode { Export = export };
        await using (await again.OpenAsync(folder))
        {
            await UntilAsync(() => again.HasCut);
        }

        await folder.AssertCleanAsync();
        var sequences = Exported(export).Select(record => record.GetProperty("sequence").GetInt64()).Order().ToList();
        Assert.Equal(Enumerable.Range(1, sequences.Count).Select(n => (long)n), sequences);
    }

    [Fact]
    public async Task the_cut_stands_still_while_another_process_verifies_all_of_it()
    {
        using var folder = new AttackFolder();
        await FillAsync(folder, seed: 62, requests: 150);
        var retaining = new RetainingNode();
        await using var node = await retaining.OpenAsync(folder);
        while (!retaining.HasCut)
        {
            var report = await StoreVerifier.VerifyAsync(folder.Path, live: true);
            Assert.True(report.IsClean, report.ToText());
        }

        Assert.Equal(0, node.Retention!.Failures);
    }

    [Fact]
    public async Task a_backup_made_while_the_log_is_cut_is_of_one_moment()
    {
        using var folder = new AttackFolder();
        await FillAsync(folder, seed: 63, requests: 250);
        using var restored = new AttackFolder();
        restored.Clock.AdvanceTo(folder.Now);
        var backup = Path.Combine(folder.Path, "backup");
        var retaining = new RetainingNode();
        long begin = 0;
        retaining.BeforeStep = async step =>
        {
            if (retaining.Steps == 8)
            {
                begin = step.From;
                await SqliteStore.BackupAsync(folder.Path, backup);
            }
        };
        await using (var node = await retaining.OpenAsync(folder))
        {
            await UntilAsync(() => retaining.HasCut);
        }

        await SqliteStore.RestoreAsync(backup, restored.Path);
        await restored.AssertCleanAsync();
        Assert.True(begin > 0 && await CutToAsync(restored) == begin, "the backup is of another moment");
        Assert.True(await CutToAsync(folder) > begin, "the cut did not go on");
    }

    [Fact]
    public async Task who_looks_back_while_the_log_is_cut_finds_what_is_there_or_is_told_that_it_is_gone()
    {
        using var folder = new AttackFolder();
        await FillAsync(folder, seed: 64, requests: 400);
        var retaining = new RetainingNode { Together = 3 };
        await using var node = await retaining.OpenAsync(folder);
        var decisions = Enumerable.Range(0, 400).Select(i => $"d-64-{i}").ToArray();
        var looks = 0;
        var lookers = Enumerable.Range(0, 2).Select(looker => Task.Run(async () =>
        {
            for (var i = looker; !retaining.HasCut; i += 2)
            {
                var customer = $"c-{i % CutStore.Customers}";
                var page = (await node.ReadFactsAsync(customer, 0, 5)).Value!;
                Assert.True(page.CutBeforeMicros is not null || page.Facts[0].Sequence >> 20 == 1, "a page begins later and does not say so");
                if ((await node.ReadDecisionAsync(decisions[i * 7 % decisions.Length])).Value is { } decision)
                {
                    Assert.StartsWith("c-", decision.Answer.CustomerId, StringComparison.Ordinal);
                }

                // Folded from its begin under other definitions.
                var preview = await node.PreviewAsync(new PreviewRequest(new CatalogChoice(null, Bundle(Changed)), Request(customer), Described: false));
                Assert.Null(preview.Refusal);
                Interlocked.Increment(ref looks);
            }
        })).ToArray();

        await Task.WhenAll(lookers).WaitAsync(TimeSpan.FromMinutes(2));
        Assert.True(looks > 0);
        Assert.Equal(0, node.Retention!.Failures);
    }

    private static IdentityRow? KeyOf(EmbeddedNode node, string id) =>
        node.Log.Reader.FindIdentity(new NodeHashes(node.Log.Secret.Span).Identity.Hash128(id));

    private static async Task<long> CutToAsync(AttackFolder folder)
    {
        await using var log = await SqliteNodeLog.OpenAsync(new SqliteLogOptions { Folder = folder.Path });
        return LogBegin.Load(log.Reader)!.Sequence;
    }

    /// <summary>What the nodes of this process say of their last cuts, in seconds.</summary>
    private static List<double> CutAges()
    {
        var ages = new List<double>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Name == "pmorleans.log.cut.age") self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<double>((_, age, _, _) => ages.Add(age));
        listener.Start();
        listener.RecordObservableInstruments();
        return ages;
    }
}
