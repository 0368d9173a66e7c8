using System.Collections.Concurrent;
using PmOrleans.Simulator.Measuring;

namespace PmOrleans.Simulator.Load;

/// <summary>Counts what became of the requests. Any thread.</summary>
internal sealed class LoadTally
{
    private readonly ConcurrentDictionary<(RequestKind Kind, int Status), long[]> _outcomes = new();
    private readonly ConcurrentDictionary<string, long[]> _troubles = new(StringComparer.Ordinal);
    private long _sent;
    private long _done;
    private long _errors;

    public Latencies Decisions { get; } = new();

    public Latencies Touchpoints { get; } = new();

    public Latencies SendLag { get; } = new();

    public long SentCount => Interlocked.Read(ref _sent);

    /// <summary>Answered, lost or given up.</summary>
    public long DoneCount => Interlocked.Read(ref _done);

    public long Errors => Interlocked.Read(ref _errors);

    public void Sent() => Interlocked.Increment(ref _sent);

    public void Answered(in Arrival arrival, int status, TimeSpan latency)
    {
        var isError = !Workload.IsExpected(arrival.Kind, status);
        (arrival.Kind is RequestKind.Decision or RequestKind.DuplicateDecision or RequestKind.Malformed ? Decisions : Touchpoints).Record(latency, isError);
        Interlocked.Increment(ref _outcomes.GetOrAdd((arrival.Kind, status), _ => new long[1])[0]);
        Done(isError);
    }

    public void Lost(in Arrival arrival, string why)
    {
        Interlocked.Increment(ref _troubles.GetOrAdd($"{Text(arrival.Kind)}: connection lost: {why}", _ => new long[1])[0]);
        Done(isError: true);
    }

    public void NotSent(in Arrival arrival)
    {
        Interlocked.Increment(ref _troubles.GetOrAdd($"{Text(arrival.Kind)}: given up, no free connection for 10 s", _ => new long[1])[0]);
        Done(isError: true);
    }

    public void Unanswered(long count)
    {
        if (count > 0)
        {
            Interlocked.Add(ref _troubles.GetOrAdd("not answered 10 s after the end", _ => new long[1])[0], count);
            Interlocked.Add(ref _errors, count);
        }
    }

    public SortedDictionary<string, long> Outcomes()
    {
        var all = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var ((kind, status), count) in _outcomes)
        {
            all[$"{Text(kind)}: {status}{(Workload.IsExpected(kind, status) ? "" : " (not as it should be)")}"] = Interlocked.Read(ref count[0]);
        }

        foreach (var (text, count) in _troubles)
        {
            all[text] = Interlocked.Read(ref count[0]);
        }

        return all;
    }

    private void Done(bool isError)
    {
        Interlocked.Add(ref _errors, isError ? 1 : 0);
        Interlocked.Increment(ref _done);
    }

    private static string Text(RequestKind kind) => kind switch
    {
        RequestKind.Decision => "decision",
        RequestKind.DuplicateDecision => "decision sent twice",
        RequestKind.Touchpoints => "touchpoints",
        RequestKind.DuplicateTouchpoints => "touchpoints sent twice",
        RequestKind.LateTouchpoints => "touchpoints two hours late",
        RequestKind.ReorderedTouchpoints => "touchpoints out of order",
        _ => "malformed",
    };
}
