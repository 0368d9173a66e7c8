using System.Reflection;
using PmOrleans.Node.Port;

namespace PmOrleans.Conformance;

/// <summary>Several nodes as one port: each call goes to the next of them, as behind a balancer that knows nothing.</summary>
public class InTurn : DispatchProxy
{
    private IReadOnlyList<IDecisionNode> _nodes = [];
    private int _calls;

    public static IDecisionNode Of(IReadOnlyList<IDecisionNode> nodes)
    {
        var port = Create<IDecisionNode, InTurn>();
        ((InTurn)(object)port)._nodes = nodes;
        return port;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
        targetMethod!.Invoke(_nodes[(int)((uint)Interlocked.Increment(ref _calls) % _nodes.Count)], args);
}
