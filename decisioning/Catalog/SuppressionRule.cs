namespace PmOrleans.Decisioning.Catalog;

/// <summary>What a suppression rule counts. Part of what profiles are folded with.</summary>
public enum SuppressOn : byte
{
    /// <summary>An impression whose attribution window ended without click, conversion or the policy's goal.</summary>
    Ignored = 1,

    Dismiss = 2,
}

/// <summary>After so many ignored or dismissed within a window, what they were about is paused for the customer.</summary>
/// <param name="Number">Stable number.</param>
/// <param name="Only">For rules per channel or category: number of the only one it is about; 0: each by itself.</param>
/// <param name="After">1 to 1,000.</param>
/// <param name="Within">A second to 400 days, sliding.</param>
/// <param name="Pause">A minute to 400 days, from the last of the events on.</param>
public sealed record SuppressionRule(
    string Id, int Number, SuppressOn On, CapPer Per, int Only, int After, TimeSpan Within, TimeSpan Pause)
{
    public long WithinMicros { get; } = Within.Ticks / 10;

    public long PauseMicros { get; } = Pause.Ticks / 10;

    /// <summary>What an event counts for under this rule, or -1.</summary>
    public int Over(int offer, int campaign, int category, int channel) => CountedOver.Of(Per, Only, offer, campaign, category, channel);
}
