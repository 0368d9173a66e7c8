using PmOrleans.Node.Log;

namespace PmOrleans.Node.Tests.Log;

/// <summary>A store of its own for one test, gone after it: what the contract of a log is tried on.</summary>
public interface ITestStore : IDisposable
{
    internal ScriptedFaults Faults { get; }

    /// <summary>Opens the log of the store's one node.</summary>
    Task<INodeLog> OpenAsync(Func<NodeLogOptions, NodeLogOptions>? change = null);

    /// <summary>Seals an epoch of that node from outside; its last sequence.</summary>
    long Seal(long epoch);

    /// <summary>Whether the store refuses to keep tombstones, with the words "not now": a constraint or a permission that somebody has set.</summary>
    void RefuseErasures(bool refuse);
}
