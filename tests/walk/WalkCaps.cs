using System.Text.Json;
using PmOrleans.Decisioning.Decisions;

namespace PmOrleans.Node.Tests.Walk;

/// <summary>
/// The caps of the versions that were published, each counted over a plain list of what the customer was shown. What is counted is at most what must be: from the
/// version on since which the cap stands as it is, and of events those that came soon after their decision and name it with its offer.
/// </summary>
internal sealed class WalkCaps
{
    private const long Minute = 60_000_000;

    private readonly Dictionary<int, Dictionary<string, Cap>> _versions = [];

    /// <param name="Scope">Of an offer at a placement; <c>null</c>: this cap does not count it.</param>
    /// <param name="SinceVersion">The first of those without a break in which this cap stands with the same event and window.</param>
    private sealed record Cap(string Event, long Limit, long Within, Func<string, string, string?> Scope, int SinceVersion);

    /// <param name="json">As it was drawn; the versions come one after another.</param>
    public void Take(int version, string json)
    {
        var earlier = _versions.GetValueOrDefault(version - 1) ?? [];
        var caps = new Dictionary<string, Cap>(StringComparer.Ordinal);
        var catalog = JsonDocument.Parse(json).RootElement;
        if (catalog.TryGetProperty("caps", out var section))
        {
            foreach (var cap in section.EnumerateArray())
            {
                var per = cap.GetProperty("per").GetString()!;
                Add(per, cap, (offer, placement) => per switch
                {
                    "all" => "",
                    "channel" => WalkCatalog.Channel(placement),
                    "category" => WalkCatalog.CategoryOf(offer),
                    "campaign" => WalkCatalog.CampaignOf(offer),
                    _ => offer,
                });
            }
        }

        foreach (var campaign in catalog.GetProperty("campaigns").EnumerateObject())
        {
            foreach (var cap in Own(campaign.Value))
            {
                Add($"of {campaign.Name}", cap, (offer, _) => WalkCatalog.CampaignOf(offer) == campaign.Name ? "" : null);
            }

            foreach (var offer in campaign.Value.GetProperty("offers").EnumerateObject())
            {
                foreach (var cap in Own(offer.Value))
                {
                    Add($"of {offer.Name}", cap, (shown, _) => shown == offer.Name ? "" : null);
                }
            }
        }

        _versions[version] = caps;

        void Add(string name, JsonElement cap, Func<string, string, string?> scope)
        {
            var (counted, within) = (cap.GetProperty("event").GetString()!, cap.GetProperty("within").GetString()!);
            var key = $"{name} {counted} {within}";
            caps[key] = new Cap(counted, cap.GetProperty("limit").GetInt64(), Micros(within), scope, earlier.TryGetValue(key, out var same) ? same.SinceVersion : version);
        }
    }

    /// <summary>The caps that an answer breaks, beside what its customer was shown before it.</summary>
    public IEnumerable<string> Broken(DecisionAnswer answer, WalkedCustomer customer)
    {
        var now = ShownOffer.Of(answer).ToArray();
        foreach (var (name, cap) in _versions[answer.CatalogVersion])
        {
            // Not knowing whether an event came, only that its place was held for a minute at least.
            var counts = customer.WasShown.Where(shown => shown.Version >= cap.SinceVersion).Where(shown => cap.Event == "decision"
                ? shown.At > answer.AtMicros - cap.Within
                : shown.At > answer.AtMicros - Math.Min(cap.Within, Minute) || customer.Touchpoints.Exists(touchpoint => touchpoint.Type == cap.Event
                    && touchpoint.DecisionId == shown.DecisionId && touchpoint.OfferId == shown.OfferId && touchpoint.AtMicros > answer.AtMicros - cap.Within
                    && touchpoint.AtMicros >= shown.At && customer.Took(touchpoint.MessageId!) < shown.At + (15 * Minute)));
            foreach (var (scope, count) in counts.Concat(now).Select(shown => cap.Scope(shown.OfferId, shown.PlacementId)).OfType<string>().CountBy(scope => scope, StringComparer.Ordinal))
            {
                if (count > cap.Limit && now.Any(shown => cap.Scope(shown.OfferId, shown.PlacementId) == scope))
                {
                    yield return $"{answer.DecisionId} of {customer.Id} breaks cap {name}, limit {cap.Limit}: {count} of '{scope}'";
                }
            }
        }
    }

    private static IEnumerable<JsonElement> Own(JsonElement owner) => owner.TryGetProperty("caps", out var caps) ? caps.EnumerateArray() : [];

    private static long Micros(string text) => long.Parse(text.AsSpan(0, text.Length - 1), System.Globalization.CultureInfo.InvariantCulture) * text[^1] switch
    {
        's' => 1_000_000,
        'h' => 60 * Minute,
        _ => 1_440 * Minute,
    };
}

/// <summary>One offer that an answer showed.</summary>
internal sealed record ShownOffer(string DecisionId, string OfferId, string PlacementId, long At, int Version)
{
    public static IEnumerable<ShownOffer> Of(DecisionAnswer answer) => answer.Placements.SelectMany(placement => placement.Offers.Where(offer => !offer.Fallback)
        .Select(offer => new ShownOffer(answer.DecisionId, offer.OfferId, placement.PlacementId, answer.AtMicros, answer.CatalogVersion)));
}
