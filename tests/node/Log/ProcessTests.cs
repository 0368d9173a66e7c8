using PmOrleans.Node.Log;

namespace PmOrleans.Node.Tests.Log;

public sealed class ProcessTests
{
    [Fact]
    public async Task a_killed_process_loses_nothing_that_was_completed_and_gives_the_folder_back()
    {
        using var folder = new TestFolder();
        using var child = ChildProcess.Start(folder.Path);
        long last = 0;
        while (last < 200 && await child.ReadSequenceAsync() is { } sequence) last = sequence;
        Assert.Equal(200, last);

        var refusal = await Assert.ThrowsAsync<NodeLogException>(folder.OpenAsync);
        using var backups = new TestFolder();
        var backup = Path.Combine(backups.Path, "copy.db");
        await SqliteStore.BackupAsync(folder.Path, backup);
        child.Kill();
        await child.WaitForExitAsync();
        while (await child.ReadSequenceAsync() is { } sequence) last = sequence;

        Assert.Equal(NodeLogError.InUse, refusal.Error);
        Assert.Contains(folder.Path, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("in use by another process", refusal.Message, StringComparison.Ordinal);
        await using var log = await folder.OpenAsync();
        Assert.InRange(log.CommittedSequence, last, last + 1);
        Assert.Equal(Enumerable.Range(1, (int)log.CommittedSequence).Select(n => (long)n), log.Sequences());
        Assert.Equal(2, log.Epoch);

        var restored = Path.Combine(backups.Path, "restored");
        await SqliteStore.RestoreAsync(backup, restored);
        await using var copy = await SqliteNodeLog.OpenAsync(new SqliteLogOptions { Folder = restored });
        Assert.InRange(copy.CommittedSequence, 200, log.CommittedSequence);
    }

    [Fact]
    public async Task a_seal_from_outside_stops_another_process_for_good()
    {
        using var folder = new TestFolder();
        using var child = ChildProcess.Start(folder.Path);
        long last = 0;
        while (last < 20 && await child.ReadSequenceAsync() is { } sequence) last = sequence;

        var end = SqliteStore.Seal(folder.Path, 1);
        while (await child.ReadSequenceAsync() is { } sequence) last = sequence;
        await child.WaitForExitAsync();

        Assert.Equal(end, last);
        await using var log = await folder.OpenAsync();
        Assert.Equal(end, log.CommittedSequence);
    }

    [Fact]
    public async Task two_instances_cannot_have_one_folder_and_the_second_gets_it_when_the_first_is_gone()
    {
        using var folder = new TestFolder();
        var first = await folder.OpenAsync();

        var refusal = await Assert.ThrowsAsync<NodeLogException>(folder.OpenAsync);
        await first.DisposeAsync();
        await using var second = await folder.OpenAsync();

        Assert.Equal(NodeLogError.InUse, refusal.Error);
        Assert.Equal(2, second.Epoch);
    }
}
