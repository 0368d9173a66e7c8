using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using PmOrleans.GrainInterfaces;
using PmOrleans.Node.Port;

namespace PmOrleans.Grains.Desk;

/// <summary>The port of some silo, called from a gateway without one.</summary>
[SuppressMessage("Performance", "CA1852", Justification = "DispatchProxy derives from it at run time.")]
internal class RemoteDesk : DispatchProxy
{
    private Func<string, byte[], Task<DeskReply>> _ask = null!;
    private Func<IReadOnlyList<string>> _notReady = null!;

    /// <param name="notReady">Why no silo can answer.</param>
    public static IDecisionNode Over(Func<string, byte[], Task<DeskReply>> ask, Func<IReadOnlyList<string>> notReady)
    {
        var port = Create<IDecisionNode, RemoteDesk>();
        ((RemoteDesk)(object)port)._ask = ask;
        ((RemoteDesk)(object)port)._notReady = notReady;
        return port;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod!.Name switch
    {
        "get_" + nameof(IDecisionNode.NotReadyReasons) => _notReady(),

        // The silo that has the customer admits; here nothing queues.
        nameof(IDecisionNode.Admit) => null,
        var name => DeskCall.Find(name) is { } call ? call.Read(_ask(name, call.Write(args!))) : throw new NotSupportedException($"The port has no member '{name}'."),
    };
}
