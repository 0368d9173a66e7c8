using PmOrleans.Node.Engine;
using PmOrleans.Node.Log;
using PmOrleans.Node.Owners;
using PmOrleans.Node.Port;

namespace PmOrleans.Grains;

/// <summary>This silo's engine. It starts when the silo can call grains, and grains may be called before: whoever needs it waits here.</summary>
public sealed class NodeHandle : IClusterEdge
{
    private readonly TaskCompletionSource<NodeEngine> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SegmentBook? _segments;
    private string? _unread;

    /// <summary><c>null</c> until it has started.</summary>
    public NodeEngine? Engine => _started.Task.IsCompletedSuccessfully ? _started.Task.Result : null;

    /// <summary>The store that the silos share; <c>null</c> in a silo that is alone, and before the log is open.</summary>
    internal PostgresStore? Store { get; set; }

    /// <summary>The silo's log; <c>null</c> before it is open.</summary>
    internal INodeLog? Log { get; set; }

    /// <summary>What the store said when it was looked at last and could not be read; <c>null</c> when it could.</summary>
    internal string? Unread
    {
        get => Volatile.Read(ref _unread);
        set => Volatile.Write(ref _unread, value);
    }

    /// <summary>The segments' figures while their owner is on this silo.</summary>
    internal SegmentBook? Segments
    {
        get => Volatile.Read(ref _segments);
        set => Volatile.Write(ref _segments, value);
    }

    IDecisionNode? IClusterEdge.Desk => Engine;

    IReadOnlyList<string> IClusterEdge.Starting =>
        Log is { Health: LogHealth.Failing, Trouble: { } trouble } ? ["starting", "the log cannot be written", trouble]
        : Unread is { } unread ? ["starting", "the store cannot be read", unread] : ["starting"];

    bool IClusterEdge.HasOwners => Store is not null;

    UInt128 IClusterEdge.KeyOf(string customerId) => Engine!.KeyOf(customerId);

    Task IClusterEdge.FoldedAsync(CancellationToken cancellation) => Engine!.FoldedAsync(cancellation);

    public ValueTask<NodeEngine> GetAsync() => Engine is { } engine ? new(engine) : new(_started.Task);

    public void Started(NodeEngine engine) => _started.TrySetResult(engine);

    /// <summary>Whoever waits is told as by a silo that goes: other silos know nothing of our exceptions, and ask elsewhere.</summary>
    public void Failed(Exception reason) => _started.TrySetException(new OrleansException(reason.Message));
}
