using PmOrleans.Simulator.Targets;

namespace PmOrleans.Simulator.Load;

/// <summary>What the first gateway's catalog says a load can ask for, and the way to look at it.</summary>
/// <param name="Engine">To look at the gateway while it is under load; <c>null</c>: not to be looked at, or it has no catalog.</param>
internal sealed record LoadTarget(IReadOnlyList<string> Placements, string? HotCampaign, IReadOnlyList<string> HotOffers, HttpEngine? Engine)
{
    /// <summary>Reads the first gateway's catalog; where placements are named and no campaign is to be hot it may have none.</summary>
    /// <exception cref="InputException">It does not answer, or has no such placement.</exception>
    public static async Task<LoadTarget> ReadAsync(LoadOptions options)
    {
        var needsCatalog = options.Placements.Count == 0 || options.HotCampaign > 0;
        if (!needsCatalog && options.LookEvery == TimeSpan.Zero)
        {
            return new LoadTarget(options.Placements, null, [], null);
        }

        HttpEngine engine;
        try
        {
            engine = await HttpEngine.OpenAsync(options.Urls[0], options.Key, options.Trust);
        }
        catch (InputException) when (!needsCatalog)
        {
            return new LoadTarget(options.Placements, null, [], null);
        }

        var isKept = false;
        try
        {
            var target = Of(engine, options);
            isKept = options.LookEvery != TimeSpan.Zero;
            return isKept ? target : target with { Engine = null };
        }
        finally
        {
            if (!isKept)
            {
                await engine.DisposeAsync();
            }
        }
    }

    private static LoadTarget Of(HttpEngine engine, LoadOptions options)
    {
        var unknown = options.Placements.FirstOrDefault(id => !engine.Catalog.PlacementById.ContainsKey(id));
        if (unknown is not null)
        {
            throw new InputException($"--placement is '{unknown}'; the catalog has {string.Join(", ", engine.Catalog.Placements.Select(known => known.Id))}");
        }

        var hot = engine.Catalog.Campaigns.MaxBy(campaign => campaign.Offers.Length);
        return new LoadTarget(
            options.Placements.Count > 0 ? options.Placements : [.. engine.Catalog.Placements.Select(placement => placement.Id)],
            hot?.Id,
            [.. hot?.Offers.Select(offer => offer.Id) ?? []],
            engine);
    }
}
