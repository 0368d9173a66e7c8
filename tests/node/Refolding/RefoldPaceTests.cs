using PmOrleans.Node.Log;
using PmOrleans.Node.Refolding;

namespace PmOrleans.Node.Tests.Refolding;

public sealed class RefoldPaceTests
{
    [Fact]
    public async Task a_pass_stands_back_while_records_wait_and_not_for_what_the_last_commits_took()
    {
        var log = new BusyLog { Load = new LogLoad(10, 1_000, TimeSpan.FromSeconds(5), 1, default) };
        var pace = new RefoldPace(log, int.MaxValue);
        pace.Begin();

        var waiting = pace.WaitAsync(1, () => true, CancellationToken.None);
        Assert.False(waiting.IsCompleted);

        // The average of the commits stays what it was until there is another commit.
        log.Load = log.Load with { QueuedRecords = 0, QueuedBytes = 0 };
        await waiting.WaitAsync(TimeSpan.FromSeconds(60));
    }

    private sealed class BusyLog : INodeLog
    {
        public LogLoad Load { get; set; }

        public long Epoch => throw new NotSupportedException();

        public long CommittedSequence => throw new NotSupportedException();

        public ReadOnlyMemory<byte> Secret => throw new NotSupportedException();

        public LogHealth Health => throw new NotSupportedException();

        public ILogReader Reader => throw new NotSupportedException();

        public Action<IReadOnlyList<PendingAppend>>? OnCommitted { get; set; }

        public bool TryAppend(PendingAppend append) => throw new NotSupportedException();

        public bool TryAppend(PendingAppend append, Action<ILogTransaction> work, out Task written) => throw new NotSupportedException();

        public Task WriteAsync(Action<ILogTransaction> work, CancellationToken cancellation = default) => throw new NotSupportedException();

        public Task FlushAsync(CancellationToken cancellation = default) => throw new NotSupportedException();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
