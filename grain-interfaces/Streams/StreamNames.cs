namespace PmOrleans.GrainInterfaces.Streams;

/// <summary>Streams of the cluster. Each is keyed by customer, so that what concerns one customer comes in order.</summary>
public static class StreamNames
{
    /// <summary>The provider that carries all of them.</summary>
    public const string Provider = "pmorleans";

    /// <summary>
    /// Into the cluster: <see cref="TouchpointBatch"/>, applied by the customer's grain. The key is any that is the same for the same customer, such as
    /// <see cref="CustomerKeys"/> of a hash of the outside id; it gives the order and nothing else.
    /// </summary>
    public const string Touchpoints = "touchpoints";

    /// <summary>Out of it: <see cref="DecisionMade"/>, once committed; the key is the customer's internal one.</summary>
    public const string Decisions = "decisions";

    /// <summary>Out of it: <see cref="SegmentsChanged"/>, once committed; the key is the customer's internal one.</summary>
    public const string Segments = "segments";
}
