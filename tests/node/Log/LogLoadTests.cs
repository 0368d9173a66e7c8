using PmOrleans.Node.Log;

namespace PmOrleans.Node.Tests.Log;

public sealed class LogLoadTests
{
    [Theory]

    // A customer or two at a time, then a transaction of the node's own that took long, and everybody who had waited for it.
    [InlineData(36, 30, 0.5, 0, 100)]

    // A disk that takes its time.
    [InlineData(1, 2_000, 1, 2_000, 4_000)]

    // More than the next transaction takes.
    [InlineData(50_000, 10, 100, 5_000, 5_100)]
    public void a_burst_waits_for_the_next_transaction_and_not_for_one_each(int queued, double commitMs, double recordsPerCommit, double atLeastMs, double atMostMs) =>
        Assert.InRange(
            new LogLoad(queued, queued * 500, TimeSpan.FromMilliseconds(commitMs), recordsPerCommit, default).EstimatedWait.TotalMilliseconds, atLeastMs, atMostMs);
}
