using PmOrleans.Node.Log;
using PmOrleans.Node.Tests.Embedded;

namespace PmOrleans.Node.Tests.Log;

public sealed class CheckpointTests
{
    [Fact]
    public async Task the_write_ahead_log_is_begun_anew_while_writing_goes_on()
    {
        using var folder = new TestFolder();
        await using var log = await SqliteNodeLog.OpenAsync(folder.Options with { CheckpointBytes = 200_000 });
        const int bytes = 10_000;

        // The copying thread has its own time: sooner or later a multiple of the file has gone through it.
        var records = 0;
        await AttackFolder.UntilAsync(async () =>
        {
            records++;
            Assert.Null(await log.AppendAsync(TestRecord.Of(1, records, personal: new string('x', bytes))));
            return records > 500 && new FileInfo(folder.Wal).Length < (long)records * bytes / 3;
        });

        Assert.Equal(records, log.Sequences().Count());
    }
}
