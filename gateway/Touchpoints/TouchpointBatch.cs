using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Touchpoints;

/// <summary>A body of touchpoints, read: <c>null</c> where an item was refused, with its mistakes beside it.</summary>
internal sealed class TouchpointBatch
{
    public List<Touchpoint?> Items { get; } = [];

    public List<RejectedTouchpoint> Rejected { get; } = [];

    /// <summary>Mistakes of the body as a whole, or of its only touchpoint when it is one object; nothing is applied then.</summary>
    public IReadOnlyDictionary<string, string[]>? Errors { get; set; }

    /// <summary>More touchpoints than a batch may have; reading stopped there.</summary>
    public bool TooMany { get; set; }

    public bool IsOneObject { get; set; }

    public bool HasGoodOnes => Items.Count > Rejected.Count;
}
