using PmOrleans.Decisioning.Catalog;

namespace PmOrleans.Decisioning.Facts;

/// <summary>A suppression rule has had enough: what it counted over is paused for this customer.</summary>
/// <param name="Rule">Stable number, as all numbers here.</param>
/// <param name="Over">Of the offer, campaign, category or channel; 0 over all.</param>
/// <param name="AtMicros">Of the last event counted: the pause runs from there.</param>
public sealed record SuppressedFact(int Rule, CapPer Per, int Over, long AtMicros, long UntilMicros) : Fact
{
    public override FactKind Kind => FactKind.Suppressed;
}
