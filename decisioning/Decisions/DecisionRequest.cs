using PmOrleans.Decisioning.Facts;

namespace PmOrleans.Decisioning.Decisions;

/// <summary>One placement asked for.</summary>
/// <param name="Count">Offers wanted, 1 to the placement's slots.</param>
/// <param name="Exclude">Offer ids not to be answered.</param>
public sealed record PlacementRequest(string Id, int Count, string[] Exclude);

/// <summary>A request for a decision. The node refuses one that breaks <see cref="Form.FormCheck"/>, or names what the catalog has not.</summary>
public sealed record DecisionRequest
{
    /// <summary>The idempotency key, global; <c>null</c>: the node gives one and a repeat is a new decision.</summary>
    public string? DecisionId { get; init; }

    public required string CustomerId { get; init; }

    /// <summary>How long the caller waits; <c>null</c>: the node's default.</summary>
    public int? DeadlineMs { get; init; }

    /// <summary>1 to 16, each placement once.</summary>
    public required PlacementRequest[] Placements { get; init; }

    /// <summary><c>channel</c>, <c>device</c>, <c>locale</c> and whatever the catalog declares.</summary>
    public Property[] Context { get; init; } = [];

    /// <summary>Applied before deciding, for the same customer.</summary>
    public Touchpoint[] Touchpoints { get; init; } = [];

    public bool Explain { get; init; }

    /// <summary>Do all and leave no trace: no customer, no lease, no fact.</summary>
    public bool DryRun { get; init; }

    /// <summary>Only for a node on the simulated clock: the time of the request, Unix microseconds.</summary>
    public long? AtMicros { get; init; }

    /// <summary>Hash of the request's meaning, so that the same id with another body is told apart; 0: the node works it out.</summary>
    public ulong BodyHash { get; init; }
}
