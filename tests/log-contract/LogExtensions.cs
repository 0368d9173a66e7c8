using PmOrleans.Node.Log;

namespace PmOrleans.Node.Tests.Log;

internal static class LogExtensions
{
    public static async Task<LogFailure?> AppendAsync(this INodeLog log, TestRecord record)
    {
        Assert.True(log.TryAppend(record));
        return await record.Done.WaitAsync(TimeSpan.FromSeconds(30));
    }

    /// <summary>Each flush lets the writer look after its store once, so that this ends as soon as a probe succeeds.</summary>
    public static async Task UntilHealthyAsync(this INodeLog log)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (log.Health != LogHealth.Healthy) await log.FlushAsync(timeout.Token);
    }

    public static IEnumerable<long> Sequences(this INodeLog log) => log.Reader.ReadRange(0, int.MaxValue).Select(row => row.Sequence);
}
