namespace PmOrleans.Decisioning.Facts;

/// <summary>A touchpoint as it was taken in.</summary>
/// <param name="Touchpoint"><c>null</c> once the customer is erased; it is personal as a whole.</param>
/// <param name="AtMicros">Claimed time, or the time it was received.</param>
/// <param name="Late">Claimed to be older than five minutes when it was received.</param>
/// <param name="MessageHash">Keyed hash of the message id; 0 without one.</param>
public sealed record TouchpointFact(Touchpoint? Touchpoint, long AtMicros, long ReceivedAtMicros, bool Late, ulong MessageHash) : Fact
{
    public override FactKind Kind => FactKind.Touchpoint;
}
