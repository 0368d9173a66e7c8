using System.Collections.Concurrent;
using PmOrleans.Simulator.Measuring;

namespace PmOrleans.Simulator.Load;

/// <summary>Counts what became of the requests. Any thread.</summary>
internal sealed class LoadTally
{
    private const int Statuses = 1000;
    private readonly long[] _outcomes = new long[Enum.GetValues<RequestKind>().Length * Statuses];
    private readonly ConcurrentDictionary<string, long[]> _troubles = new(StringComparer.Ordinal);
    private long _sent;
    private long _done;
    private long _errors;
    private long _right;

    public Latencies Decisions { get; } = new();

    public Latencies Touchpoints { get; } = new();

    public Latencies SendLag { get; } = new();

    public long SentCount => Interlocked.Read(ref _sent);

    /// <summary>Answered, lost or given up.</summary>
    public long DoneCount => Interlocked.Read(ref _done);

    public long Errors => Interlocked.Read(ref _errors);

    /// <summary>Answered as they should be.</summary>
    public long RightCount => Interlocked.Read(ref _right);

    public void Sent() => Interlocked.Increment(ref _sent);

    public void Answered(in Arrival arrival, int status, TimeSpan latency)
    {
        var isError = !Workload.IsExpected(arrival.Kind, status);
        (arrival.Kind is RequestKind.Decision or RequestKind.DuplicateDecision or RequestKind.Malformed ? Decisions : Touchpoints).Record(latency, isError);
        Interlocked.Increment(ref _outcomes[((int)arrival.Kind * Statuses) + Math.Clamp(status, 0, Statuses - 1)]);
        Interlocked.Add(ref _right, isError ? 0 : 1);
        Done(isError);
    }

    public void Lost(in Arrival arrival, string why)
    {
        Interlocked.Increment(ref _troubles.GetOrAdd($"{Text(arrival.Kind)}: connection lost: {why}", _ => new long[1])[0]);
        Done(isError: true);
    }

    public void NotSent(in Arrival arrival, string why)
    {
        Interlocked.Increment(ref _troubles.GetOrAdd($"{Text(arrival.Kind)}: never sent: {why}", _ => new long[1])[0]);
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
        for (var i = 0; i < _outcomes.Length; i++)
        {
            var (kind, status) = ((RequestKind)(i / Statuses), i % Statuses);
            if (Interlocked.Read(ref _outcomes[i]) is > 0 and var count)
            {
                all[$"{Text(kind)}: {status}{(Workload.IsExpected(kind, status) ? "" : " (not as it should be)")}"] = count;
            }
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
