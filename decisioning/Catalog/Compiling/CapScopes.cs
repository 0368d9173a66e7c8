using System.Collections.Frozen;
using System.Collections.Immutable;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>Works out which caps count over what, for each offer and for each channel.</summary>
internal sealed class CapScopes(ImmutableArray<CapDraft> catalogCaps)
{
    private readonly Dictionary<(int Cap, int Over), CapScope> _scopes = [];
    private readonly List<CapScope> _ordered = [];

    public ImmutableArray<CapScope> ToImmutable() => [.. _ordered];

    /// <summary>Scopes that limit an offer wherever it is shown.</summary>
    public ImmutableArray<CapScope> OfOffer(
        ImmutableArray<CapDraft> offerCaps, ImmutableArray<CapDraft> campaignCaps, int offer, int campaign, string? category, int categoryNumber)
    {
        if (offerCaps.IsEmpty && campaignCaps.IsEmpty && catalogCaps.IsEmpty)
            return [];
        var scopes = ImmutableArray.CreateBuilder<CapScope>();
        foreach (var caps in new[] { offerCaps, campaignCaps, catalogCaps })
        {
            foreach (var (cap, only, _, _, _, _) in caps)
            {
                var over = cap.Per switch
                {
                    CapPer.Offer => offer,
                    CapPer.Campaign => campaign,
                    CapPer.Category when category is not null && (only is null || only == category) => categoryNumber,
                    CapPer.All => 0,
                    _ => -1,
                };
                if (over >= 0)
                    scopes.Add(Scope(cap, over));
            }
        }

        return scopes.ToImmutable();
    }

    public FrozenDictionary<int, ImmutableArray<CapScope>> ByChannel(IReadOnlyDictionary<string, int> channelNumbers)
    {
        Dictionary<int, ImmutableArray<CapScope>> byChannel = [];
        foreach (var (channel, number) in channelNumbers.OrderBy(entry => entry.Value))
        {
            ImmutableArray<CapScope> scopes =
                [.. catalogCaps.Where(draft => draft.Cap.Per == CapPer.Channel && (draft.Only is null || draft.Only == channel)).Select(draft => Scope(draft.Cap, number))];
            if (!scopes.IsEmpty)
                byChannel.Add(number, scopes);
        }

        return byChannel.ToFrozenDictionary();
    }

    private CapScope Scope(Cap cap, int over)
    {
        if (!_scopes.TryGetValue((cap.Number, over), out var scope))
        {
            scope = new CapScope(_ordered.Count, cap, over);
            _scopes.Add((cap.Number, over), scope);
            _ordered.Add(scope);
        }

        return scope;
    }
}
