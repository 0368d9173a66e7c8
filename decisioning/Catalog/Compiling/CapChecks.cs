using PmOrleans.Decisioning.Catalog.Diagnostics;

namespace PmOrleans.Decisioning.Catalog.Compiling;

/// <summary>Warnings about caps that shut everything, and about caps that can never bind because another one always binds first.</summary>
internal sealed class CapChecks(CompileContext context, CatalogSnapshot catalog)
{
    public void Run(IReadOnlyList<CapDraft> caps)
    {
        // By what they are written in, so that 10,000 offers with caps are not compared with each other.
        var byOwner = caps.ToLookup(cap => (cap.Campaign, cap.Offer));
        var categories = catalog.Offers.Select(offer => offer.Category).OfType<string>().ToHashSet(StringComparer.Ordinal);
        var channels = catalog.Placements.Select(placement => placement.Channel).ToHashSet(StringComparer.Ordinal);
        foreach (var cap in caps)
        {
            if (cap.Cap.Limit == 0)
            {
                context.Bag.Warning(
                    CatalogCodes.ShutCap, cap.At, cap.Path, "A limit of 0 shuts the scope: nothing in it is ever shown.",
                    "to stop for a while, pause the campaign");
            }

            if (cap is { Cap.Per: CapPer.Category, Only: { } category } && !categories.Contains(category))
            {
                context.Bag.Warning(
                    CatalogCodes.IdleCap, cap.At, cap.Path, $"No offer is in category '{category}'.",
                    context.DidYouMean(category, categories));
            }

            if (cap is { Cap.Per: CapPer.Channel, Only: { } channel } && !channels.Contains(channel))
            {
                context.Bag.Warning(
                    CatalogCodes.IdleCap, cap.At, cap.Path, $"No placement is in channel '{channel}'.",
                    context.DidYouMean(channel, channels));
            }

            var rivals = byOwner[(cap.Campaign, cap.Offer)];
            if (cap.Offer is not null)
                rivals = rivals.Concat(byOwner[(cap.Campaign, null)]);
            if (cap.Campaign is not null)
                rivals = rivals.Concat(byOwner[(null, null)]);
            Compare(cap, rivals);
        }
    }

    private void Compare(CapDraft cap, IEnumerable<CapDraft> rivals)
    {
        foreach (var rival in rivals)
        {
            if (ReferenceEquals(rival, cap) || rival.Cap.Event != cap.Cap.Event || !IsAtLeastAsStrict(rival.Cap, cap.Cap) || !Covers(rival, cap))
                continue;
            // of two that say the same only the later one is too many
            if (IsAtLeastAsStrict(cap.Cap, rival.Cap) && Covers(cap, rival) && string.CompareOrdinal(rival.Cap.Id, cap.Cap.Id) > 0)
                continue;
            context.Bag.Warning(
                CatalogCodes.IdleCap, cap.At, cap.Path,
                $"This cap never binds: {rival.Path} allows at most {rival.Cap.Limit} in {Durations.Text(rival.Cap.Window)} over at least as much.", "take one of them out");
            return;
        }
    }

    private static bool IsAtLeastAsStrict(Cap rival, Cap cap) => rival.Limit <= cap.Limit && rival.Window >= cap.Window;

    /// <summary>Whether whatever counts in a scope of <paramref name="cap"/> counts in one scope of <paramref name="rival"/> too.</summary>
    private bool Covers(CapDraft rival, CapDraft cap) => rival.Cap.Per switch
    {
        CapPer.All => true,
        CapPer.Channel => cap.Cap.Per == CapPer.Channel && (rival.Only is null || rival.Only == cap.Only),
        CapPer.Category => cap.Cap.Per == CapPer.Category ? rival.Only is null || rival.Only == cap.Only
            : cap.Offer is not null && catalog.OfferById[cap.Offer].Category is { } category && (rival.Only is null || rival.Only == category),
        CapPer.Campaign => cap.Cap.Per is CapPer.Offer or CapPer.Campaign && (rival.Campaign is null || rival.Campaign == cap.Campaign),
        _ => cap.Cap.Per == CapPer.Offer && (rival.Campaign is null || rival.Campaign == cap.Campaign) && (rival.Offer is null || rival.Offer == cap.Offer),
    };
}
