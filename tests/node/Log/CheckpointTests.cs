using PmOrleans.Node.Log;

namespace PmOrleans.Node.Tests.Log;

public sealed class CheckpointTests
{
    [Fact]
    public async Task the_write_ahead_log_is_begun_anew_while_writing_goes_on()
    {
        using var folder = new TestFolder();
        await using var log = await SqliteNodeLog.OpenAsync(folder.Options with { CheckpointBytes = 200_000 });
        const int records = 3_000;
        const int bytes = 10_000;

        for (var n = 1; n <= records; n++) Assert.Null(await log.AppendAsync(TestRecord.Of(1, n, personal: new string('x', bytes))));

        Assert.InRange(new FileInfo(folder.Wal).Length, 1, (long)records * bytes / 3);
        Assert.Equal(records, log.Sequences().Count());
    }
}
