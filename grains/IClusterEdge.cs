using PmOrleans.Node.Port;

namespace PmOrleans.Grains;

/// <summary>Where the adapter of the port stands: in a silo with an engine, or in a gateway that only calls silos.</summary>
public interface IClusterEdge
{
    /// <summary>Answers what concerns no live customer; <c>null</c> until there is one.</summary>
    IDecisionNode? Desk { get; }

    /// <summary>Why there is no desk yet.</summary>
    IReadOnlyList<string> Starting { get; }

    /// <summary>Whether segments have an owner to be asked.</summary>
    bool HasOwners { get; }

    /// <summary>Keyed hash of an outside id; only while there is a desk.</summary>
    UInt128 KeyOf(string customerId);

    /// <summary>Completes when the owners have folded what was committed here.</summary>
    Task FoldedAsync(CancellationToken cancellation);
}
