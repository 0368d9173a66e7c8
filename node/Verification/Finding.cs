namespace PmOrleans.Node.Verification;

/// <summary>One difference between the store and the recount.</summary>
/// <param name="Where">Record, customer key, campaign, policy: numbers of the store, nothing personal.</param>
/// <param name="Expected">What the recount says.</param>
/// <param name="Found">What the store says.</param>
public sealed record Finding(FindingKind Kind, string Where, string Expected, string Found)
{
    public override string ToString() => $"{Kind}: {Where}: expected {Expected}, found {Found}";
}
