using System.Collections.Frozen;
using System.Collections.Immutable;
using PmOrleans.Decisioning.Rules;
using PmOrleans.Decisioning.Segments;

namespace PmOrleans.Decisioning.Catalog;

/// <summary>A declared attribute of the customer, set by <c>identify</c> touchpoints.</summary>
/// <param name="Default">Value while none is set; <c>null</c>: the attribute is absent until it is set.</param>
/// <param name="AllowedValues">For strings: the only values accepted; empty means any.</param>
public sealed record AttributeDefinition(string Name, CelType Type, CelValue? Default, ImmutableArray<string> AllowedValues);

/// <summary>Customers that a rule holds for.</summary>
/// <param name="Rule">Index in <see cref="CatalogSnapshot.Rules"/>.</param>
public sealed record Segment(string Id, int Number, int Ordinal, int Rule, string? Name)
{
    /// <summary>Ordinals of the segments its rule asks for; <c>default</c> where nobody looked, which counts as all before it.</summary>
    public ImmutableArray<int> Uses { get; init; }

    /// <summary>What is added up over its members.</summary>
    public ImmutableArray<SegmentAmountDefinition> Sums { get; init; } = [];

    /// <summary>Whether it comes with the section <c>rfm</c> and was not written.</summary>
    public bool IsOfRfm { get; init; }
}

/// <summary>What a cap can count. Values are stored.</summary>
public enum CappedEvent : byte
{
    Decision = 1,
    Impression = 2,
    Click = 3,
    Conversion = 4,
}

public enum CapPer : byte
{
    Offer = 1,
    Campaign = 2,
    Category = 3,
    Channel = 4,
    All = 5,
}

/// <summary>At most <paramref name="Limit"/> events of a kind per customer in a sliding window.</summary>
/// <param name="Number">Stable number.</param>
/// <param name="Limit">0 to 1,000; 0 shuts the scope.</param>
/// <param name="Window">A second to 400 days, sliding: "1 per day" means 24 hours.</param>
public sealed record Cap(string Id, int Number, CappedEvent Event, CapPer Per, int Limit, TimeSpan Window)
{
    /// <summary>
    /// For a contact budget: how many contacts an event counts for, by number of the channel; 1 where none is said. <c>null</c> for a cap, which
    /// counts events.
    /// </summary>
    public FrozenDictionary<int, int>? ChannelToWeight { get; init; }

    public bool IsContactBudget => ChannelToWeight is not null;

    /// <summary>Number of the campaign it is written in, and so of its offers; 0: the catalog.</summary>
    public int OfCampaign { get; init; }

    /// <summary>Number of the offer it is written in; 0: none.</summary>
    public int OfOffer { get; init; }

    /// <summary>For caps per channel or category: number of the only one it is about; 0: each by itself.</summary>
    public int Only { get; init; }

    /// <summary>
    /// What an event counts for under this cap: number of the offer, campaign, category or channel, 0 over all; -1: for nothing. It hangs on the event
    /// and the cap alone: what a catalog has now, or no longer, changes no counter.
    /// </summary>
    public int Over(int offer, int campaign, int category, int channel) =>
        (OfCampaign == 0 || OfCampaign == campaign) && (OfOffer == 0 || OfOffer == offer) ? CountedOver.Of(Per, Only, offer, campaign, category, channel) : -1;

    /// <summary>What an event in a channel counts for; 0: nothing.</summary>
    public int WeightOf(int channel) => ChannelToWeight is { } weights && weights.TryGetValue(channel, out var weight) ? weight : 1;
}

/// <summary>A cap and the one thing it counts over here: this offer, this campaign, this channel.</summary>
/// <param name="Ordinal">Index in <see cref="CatalogSnapshot.CapScopes"/>.</param>
/// <param name="Over">Stable number of the offer, campaign, category or channel; 0 over all.</param>
public sealed record CapScope(int Ordinal, Cap Cap, int Over)
{
    /// <summary>Identity of the customer's counter for this scope.</summary>
    public ulong CounterId { get; } = CounterOf(Cap, Over);

    public long WindowMicros { get; } = Cap.Window.Ticks / 10;

    /// <summary>Identity of the customer's counter for a cap over one thing.</summary>
    public static ulong CounterOf(Cap cap, int over) => ((ulong)(uint)cap.Number << 32) | (uint)over;

    private readonly int _limit = Cap.Limit;
    private readonly bool _isWeighted = Cap.IsContactBudget;

    /// <summary>What an event in a channel counts for.</summary>
    public int WeightOf(int channel) => _isWeighted ? Cap.WeightOf(channel) : 1;

    /// <summary>Whether another event in a channel would be too many, so much being used; never of one that counts nothing, however much that is.</summary>
    public bool IsFull(int used, int channel) => _isWeighted ? Cap.WeightOf(channel) is var weight and > 0 && used + weight > _limit : used >= _limit;
}
