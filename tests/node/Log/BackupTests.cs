using PmOrleans.Node.Log;

namespace PmOrleans.Node.Tests.Log;

public sealed class BackupTests
{
    [Fact]
    public async Task a_backup_made_while_writing_is_one_committed_state()
    {
        using var folder = new TestFolder();
        using var target = new TestFolder();
        await using var log = await folder.OpenAsync();
        using var stop = new CancellationTokenSource();
        var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var writing = WriteUntilAsync(log, written, stop.Token);
        await written.Task;

        var before = log.CommittedSequence;
        var backup = Path.Combine(target.Path, "backup.db");
        await log.BackupAsync(backup);
        var after = log.CommittedSequence;
        await stop.CancelAsync();
        await writing;
        var restored = Path.Combine(target.Path, "restored");
        await SqliteStore.RestoreAsync(backup, restored);

        await using var copy = await SqliteNodeLog.OpenAsync(folder.Options with { Folder = restored });
        Assert.InRange(copy.CommittedSequence, before, after);
        Assert.Equal(Enumerable.Range(1, (int)copy.CommittedSequence).Select(n => (long)n), copy.Sequences());
        Assert.Equal(log.Secret.ToArray(), copy.Secret.ToArray());
        Assert.Equal(log.Epoch + 1, copy.Epoch);
        Assert.Null(await copy.AppendAsync(TestRecord.Of(1, copy.CommittedSequence + 1)));
        Assert.Equal(2, Directory.GetFileSystemEntries(target.Path).Length);
    }

    [Fact]
    public async Task an_existing_target_is_refused_and_left_alone()
    {
        using var folder = new TestFolder();
        await using var log = await folder.OpenAsync();
        var target = Path.Combine(folder.Path, "mine");
        await File.WriteAllTextAsync(target, "mine");

        var refusal = await Assert.ThrowsAsync<NodeLogException>(() => log.BackupAsync(target));

        Assert.Equal(NodeLogError.TargetExists, refusal.Error);
        Assert.Equal("mine", await File.ReadAllTextAsync(target));
    }

    [Fact]
    public async Task a_file_that_another_backup_is_being_written_to_is_left_to_it_and_what_a_killed_one_left_is_written_over()
    {
        using var folder = new TestFolder();
        await using var log = await folder.OpenAsync();
        var target = Path.Combine(folder.Path, "mine");
        await File.WriteAllBytesAsync(target + ".partial", new byte[1 << 20]);
        using (new FileStream(target + ".partial.lock", FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None))
        {
            var refusal = await Assert.ThrowsAsync<NodeLogException>(() => log.BackupAsync(target));

            Assert.Equal(NodeLogError.Unavailable, refusal.Error);
            Assert.False(File.Exists(target));
            Assert.True(File.Exists(target + ".partial"));
        }

        await log.BackupAsync(target);

        Assert.Equal("mine", string.Join(", ", Directory.GetFiles(folder.Path, "mine*").Select(Path.GetFileName)));
        await SqliteStore.RestoreAsync(target, Path.Combine(folder.Path, "restored"));
    }

    [Theory]
    [InlineData(false, "' cannot be read: ")]
    [InlineData(true, "' is damaged: ")]
    public async Task a_damaged_store_is_said_to_be_and_leaves_no_backup(bool onlyRecords, string reason)
    {
        using var folder = new TestFolder();
        await using (var log = await folder.OpenAsync())
        {
            for (var n = 1; n <= 200; n++)
            {
                Assert.Null(await log.AppendAsync(TestRecord.Of(1, n)));
            }
        }

        await using (var file = File.OpenWrite(Path.Combine(folder.Path, "node.db")))
        {
            // All but the page with the head and the tables' names; or only the end, where the records are.
            file.Position = onlyRecords ? file.Length / 8192 * 4096 : 8192;
            await file.WriteAsync(Enumerable.Repeat((byte)0xa5, (int)(file.Length - file.Position)).ToArray());
        }

        var target = Path.Combine(folder.Path, "mine");
        var refusal = await Assert.ThrowsAsync<NodeLogException>(() => SqliteStore.BackupAsync(folder.Path, target));

        Assert.Equal(NodeLogError.Corrupt, refusal.Error);
        Assert.StartsWith("The store '", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder.Path, "mine*"));
    }

    [Fact]
    public async Task a_restore_that_was_killed_is_repeated()
    {
        using var folder = new TestFolder();
        using var target = new TestFolder();
        var backup = await BackupAsync(folder, target);
        var restored = Path.Combine(target.Path, "restored");
        Directory.CreateDirectory(restored);
        foreach (var left in (string[])["node.db.partial", "node.db.partial-wal", "node.db.partial-shm"])
        {
            await File.WriteAllBytesAsync(Path.Combine(restored, left), new byte[1 << 20]);
        }

        await SqliteStore.RestoreAsync(backup, restored);

        Assert.Equal("lock, node.db", string.Join(", ", Directory.GetFiles(restored).Select(Path.GetFileName).Order(StringComparer.Ordinal)));
    }

    /// <summary>A device gives as much as is read of it, and a pipe without a writer is waited for.</summary>
    [Theory]
    [InlineData("/dev/zero", "it is no database")]
    [InlineData("pipe", "it is not a regular file")]
    [InlineData("text", "it is no database")]
    public async Task what_is_no_backup_is_refused_before_anything_of_it_is_copied(string name, string reason)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using var folder = new TestFolder();
        var backup = Path.Combine(folder.Path, name);
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "text"), "a long story");
        using (var made = System.Diagnostics.Process.Start("mkfifo", [Path.Combine(folder.Path, "pipe")]))
        {
            await made.WaitForExitAsync();
        }

        var refusal = await Assert.ThrowsAsync<NodeLogException>(() => SqliteStore.RestoreAsync(backup, Path.Combine(folder.Path, "restored")));

        Assert.Equal(NodeLogError.Corrupt, refusal.Error);
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(folder.Path, "restored")));
    }

    [Fact]
    public async Task restoring_needs_an_empty_folder()
    {
        using var folder = new TestFolder();
        using var target = new TestFolder();
        var backup = await BackupAsync(folder, target);

        var refusal = await Assert.ThrowsAsync<NodeLogException>(() => SqliteStore.RestoreAsync(backup, folder.Path));

        Assert.Equal(NodeLogError.FolderNotEmpty, refusal.Error);
    }

    [Fact]
    public async Task a_damaged_backup_is_refused_and_leaves_no_store()
    {
        using var folder = new TestFolder();
        using var target = new TestFolder();
        var backup = await BackupAsync(folder, target);
        await using (var file = File.OpenWrite(backup))
        {
            file.Position = file.Length / 2;
            file.Write(Enumerable.Repeat((byte)0xEE, (int)(file.Length / 4)).ToArray());
        }

        var restored = Path.Combine(target.Path, "restored");
        var refusal = await Assert.ThrowsAsync<NodeLogException>(() => SqliteStore.RestoreAsync(backup, restored));

        Assert.Equal(NodeLogError.Corrupt, refusal.Error);
        Assert.False(File.Exists(Path.Combine(restored, "node.db")));
    }

    [Fact]
    public async Task a_restore_that_failed_blames_the_backup_and_may_be_repeated_with_another_one()
    {
        using var folder = new TestFolder();
        using var target = new TestFolder();
        var backup = await BackupAsync(folder, target);
        var other = Path.Combine(target.Path, "letter.txt");
        await File.WriteAllTextAsync(other, "Dear Sir or Madam");

        var restored = Path.Combine(target.Path, "restored");
        var refusal = await Assert.ThrowsAsync<NodeLogException>(() => SqliteStore.RestoreAsync(other, restored));
        await SqliteStore.RestoreAsync(backup, restored);

        Assert.Equal(NodeLogError.Corrupt, refusal.Error);
        Assert.StartsWith($"The backup '{other}' cannot be read", refusal.Message, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(restored, "node.db")));
    }

    [Fact]
    public async Task a_cancelled_backup_leaves_nothing()
    {
        using var folder = new TestFolder();
        using var target = new TestFolder();
        await using var log = await folder.OpenAsync();

        await Assert.ThrowsAsync<OperationCanceledException>(
            () => log.BackupAsync(Path.Combine(target.Path, "backup.db"), new CancellationToken(canceled: true)));

        Assert.Empty(Directory.GetFileSystemEntries(target.Path));
    }

    [Fact]
    public async Task a_folder_without_a_store_cannot_be_backed_up()
    {
        using var folder = new TestFolder();

        var refusal = await Assert.ThrowsAsync<NodeLogException>(
            () => SqliteStore.BackupAsync(folder.Path, Path.Combine(folder.Path, "backup.db")));

        Assert.Equal(NodeLogError.NotAStore, refusal.Error);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    private static async Task<string> BackupAsync(TestFolder folder, TestFolder target)
    {
        await using var log = await folder.OpenAsync();
        for (var n = 1; n <= 200; n++) Assert.True(log.TryAppend(TestRecord.Of(1, n, personal: new string('x', 500))));
        await log.FlushAsync();
        var backup = Path.Combine(target.Path, "backup.db");
        await log.BackupAsync(backup);
        return backup;
    }

    private static async Task WriteUntilAsync(SqliteNodeLog log, TaskCompletionSource written, CancellationToken stop)
    {
        for (var n = 1; !stop.IsCancellationRequested; n++)
        {
            Assert.Null(await log.AppendAsync(TestRecord.Of(1, n, personal: new string('x', 1_000))));
            if (n == 500) written.SetResult();
        }
    }
}
