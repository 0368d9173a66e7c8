using PmOrleans.Simulator.Targets;

namespace PmOrleans.Simulator.Load;

/// <summary>What the gateway's catalog says a load can ask for.</summary>
internal sealed record LoadTarget(IReadOnlyList<string> Placements, string? HotCampaign, IReadOnlyList<string> HotOffers)
{
    /// <summary>Reads the first gateway's catalog; not at all where placements are named and no campaign is to be hot.</summary>
    /// <exception cref="InputException">It does not answer, or has no such placement.</exception>
    public static async Task<LoadTarget> ReadAsync(LoadOptions options)
    {
        if (options.Placements.Count > 0 && options.HotCampaign == 0)
        {
            return new LoadTarget(options.Placements, null, []);
        }

        await using var engine = await HttpEngine.OpenAsync(options.Urls[0]);
        var unknown = options.Placements.FirstOrDefault(id => !engine.Catalog.PlacementById.ContainsKey(id));
        if (unknown is not null)
        {
            throw new InputException($"--placement is '{unknown}'; the catalog has {string.Join(", ", engine.Catalog.Placements.Select(known => known.Id))}");
        }

        var hot = engine.Catalog.Campaigns.MaxBy(campaign => campaign.Offers.Length);
        return new LoadTarget(
            options.Placements.Count > 0 ? options.Placements : [.. engine.Catalog.Placements.Select(placement => placement.Id)],
            hot?.Id,
            [.. hot?.Offers.Select(offer => offer.Id) ?? []]);
    }
}
