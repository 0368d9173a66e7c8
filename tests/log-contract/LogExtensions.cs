using PmOrleans.Node.Log;

namespace PmOrleans.Node.Tests.Log;

internal static class LogExtensions
{
    /// <summary>Nothing that comes at all takes that long, on whatever machine.</summary>
    private static readonly TimeSpan LongEnough = TimeSpan.FromMinutes(2);

    public static async Task<LogFailure?> AppendAsync(this INodeLog log, TestRecord record)
    {
        Assert.True(log.TryAppend(record));
        return await record.Done.WaitAsync(LongEnough);
    }

    /// <summary>Each flush lets the writer look after its store once, so that this ends as soon as a probe succeeds.</summary>
    public static async Task UntilHealthyAsync(this INodeLog log)
    {
        using var timeout = new CancellationTokenSource(LongEnough);
        while (log.Health != LogHealth.Healthy) await log.FlushAsync(timeout.Token);
    }

    public static async Task UntilFailingAsync(this INodeLog log)
    {
        using var timeout = new CancellationTokenSource(LongEnough);
        while (log.Health != LogHealth.Failing) await Task.Delay(1, timeout.Token);
    }

    public static IEnumerable<long> Sequences(this INodeLog log) => log.Reader.ReadRange(0, int.MaxValue).Select(row => row.Sequence);
}
