using PmOrleans.Node.Log;

namespace PmOrleans.Node.Tests.Log;

/// <summary>Somebody deletes, moves or replaces the folder of a log that is open, where the system lets them.</summary>
public sealed class LostFolderTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task nothing_is_acknowledged_that_would_be_written_to_files_nobody_finds(bool isMoved)
    {
        if (OperatingSystem.IsWindows()) return;
        using var folder = new TestFolder();
        await using var log = await folder.OpenAsync();
        Assert.Null(await log.AppendAsync(TestRecord.Of(1, 1)));

        var elsewhere = folder.Path + "-moved";
        if (isMoved) Directory.Move(folder.Path, elsewhere);
        else Directory.Delete(folder.Path, recursive: true);
        var failure = await log.AppendAsync(TestRecord.Of(1, 2));

        Assert.Equal(LogFailureKind.Fenced, failure?.Kind);
        Assert.Contains(folder.Path, failure!.Detail, StringComparison.Ordinal);
        Assert.Equal(LogHealth.Fenced, log.Health);
        Assert.Equal(failure.Detail, log.Trouble);
        if (isMoved) Directory.Delete(elsewhere, recursive: true);
        Directory.CreateDirectory(folder.Path);
    }

    [Fact]
    public async Task a_new_store_in_its_place_is_left_alone()
    {
        if (OperatingSystem.IsWindows()) return;
        using var folder = new TestFolder();
        await using var log = await folder.OpenAsync();
        Assert.Null(await log.AppendAsync(TestRecord.Of(1, 1)));
        Directory.Delete(folder.Path, recursive: true);

        await using (var other = await folder.OpenAsync())
        {
            Assert.Null(await other.AppendAsync(TestRecord.Of(2, 1)));
            Assert.Equal(LogFailureKind.Fenced, (await log.AppendAsync(TestRecord.Of(1, 2)))?.Kind);
            await log.DisposeAsync();
            Assert.Null(await other.AppendAsync(TestRecord.Of(2, 2)));
        }

        await using var again = await folder.OpenAsync();
        Assert.Equal(2, again.CommittedSequence);
    }
}
