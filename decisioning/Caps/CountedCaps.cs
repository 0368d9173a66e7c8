using System.Collections.Frozen;
using System.Collections.Immutable;
using PmOrleans.Decisioning.Catalog;

namespace PmOrleans.Decisioning.Caps;

/// <summary>
/// The caps an event may count under, by what they are written in; each list in the order of the caps' numbers, so that catalogs with the same
/// definitions fold to the same bytes. Immutable, one per catalog version.
/// </summary>
internal sealed class CountedCaps
{
    private readonly FrozenDictionary<int, ImmutableArray<Cap>> _ofCampaign;
    private readonly FrozenDictionary<int, ImmutableArray<Cap>> _ofOffer;

    public CountedCaps(IEnumerable<Cap> caps)
    {
        // A cap with a limit of 0 shuts its scope and counts nothing.
        var counting = caps.Where(cap => cap.Limit > 0).OrderBy(cap => cap.Number).ToList();
        OfCatalog = [.. counting.Where(cap => cap.OfCampaign == 0 && cap.OfOffer == 0)];
        _ofCampaign = ByOwner(counting.Where(cap => cap.OfCampaign != 0 && cap.OfOffer == 0), cap => cap.OfCampaign);
        _ofOffer = ByOwner(counting.Where(cap => cap.OfOffer != 0), cap => cap.OfOffer);
        IsEmpty = counting.Count == 0;
    }

    public bool IsEmpty { get; }

    /// <summary>Written in the catalog itself.</summary>
    public ImmutableArray<Cap> OfCatalog { get; }

    public ImmutableArray<Cap> OfCampaign(int campaign) => _ofCampaign.GetValueOrDefault(campaign, []);

    public ImmutableArray<Cap> OfOffer(int offer) => _ofOffer.GetValueOrDefault(offer, []);

    private static FrozenDictionary<int, ImmutableArray<Cap>> ByOwner(IEnumerable<Cap> caps, Func<Cap, int> owner) =>
        caps.GroupBy(owner).ToFrozenDictionary(group => group.Key, group => group.ToImmutableArray());
}
