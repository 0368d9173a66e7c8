namespace PmOrleans.Decisioning.Facts;

/// <summary>Something a customer did or had done. The node rejects one that breaks <see cref="Form.FormCheck"/>.</summary>
public sealed record Touchpoint
{
    /// <summary>The sender's idempotency key within the customer; without one there is no protection against duplicates.</summary>
    public string? MessageId { get; init; }

    /// <summary>An outside id of the customer.</summary>
    public required string CustomerId { get; init; }

    /// <summary>One of <see cref="TouchpointTypes"/> or any other: an unknown type is data.</summary>
    public required string Type { get; init; }

    /// <summary>Claimed time, Unix microseconds; <c>null</c>: when it is received.</summary>
    public long? AtMicros { get; init; }

    public string? Channel { get; init; }

    /// <summary>The decision this answers.</summary>
    public string? DecisionId { get; init; }

    public string? OfferId { get; init; }

    /// <summary>Micros of the catalog's currency, 0 or more.</summary>
    public long? ValueMicros { get; init; }

    /// <summary>Must be the catalog's; checked by the node.</summary>
    public string? Currency { get; init; }

    public Property[] Properties { get; init; } = [];

    /// <summary>For <c>identify</c>: attributes to set.</summary>
    public Property[] Set { get; init; } = [];

    /// <summary>For <c>identify</c>: attributes to remove.</summary>
    public string[] Unset { get; init; } = [];

    /// <summary>For <c>consent</c>: what for.</summary>
    public string? Purpose { get; init; }

    /// <summary>For <c>consent</c>: granted or denied.</summary>
    public bool? Granted { get; init; }
}
