using PmOrleans.Node.Engine;

namespace PmOrleans.Grains;

/// <summary>This silo's engine. It starts when the silo can call grains, and grains may be called before: whoever needs it waits here.</summary>
public sealed class NodeHandle
{
    private readonly TaskCompletionSource<NodeEngine> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary><c>null</c> until it has started.</summary>
    public NodeEngine? Engine => _started.Task.IsCompletedSuccessfully ? _started.Task.Result : null;

    public ValueTask<NodeEngine> GetAsync() => Engine is { } engine ? new(engine) : new(_started.Task);

    public void Started(NodeEngine engine) => _started.TrySetResult(engine);

    public void Failed(Exception reason) => _started.TrySetException(reason);
}
