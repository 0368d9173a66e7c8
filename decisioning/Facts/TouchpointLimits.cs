namespace PmOrleans.Decisioning.Facts;

/// <summary>Bounds of what a touchpoint or a request may carry; a refusal names field, value and bound.</summary>
public static class TouchpointLimits
{
    /// <summary>Characters of an id (customer, message, decision, offer) after trimming; control characters are refused.</summary>
    public const int IdLength = 256;

    /// <summary>Characters of a type, channel, purpose, attribute or property name.</summary>
    public const int NameLength = 128;

    public const int Properties = 64;

    /// <summary>Characters of one text or JSON value.</summary>
    public const int TextLength = 4096;

    /// <summary>Largest value: a million millions of the currency's unit.</summary>
    public const long MaxValueMicros = 1_000_000_000_000L * 1_000_000L;

    /// <summary>How far ahead of the node's clock a claimed time may be.</summary>
    public const long MaxAheadMicros = 5L * 60 * 1_000_000;

    /// <summary>Message ids remembered for each customer: a repeat within the last so many messages changes nothing.</summary>
    public const int MessageHorizon = 16_384;

    /// <summary>Touchpoints in one batch.</summary>
    public const int Batch = 1_000;
}
