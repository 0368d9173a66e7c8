// Decisions inside another program: no gateway and no server. Start it twice: what was spent, capped and learned is in the folder.
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Embedded;

var folder = args is [var given] ? given : "till-data";
await using var node = await EmbeddedNode.OpenAsync(new EmbeddedNodeOptions
{
    DataFolder = folder,
    CatalogFolder = Path.Combine(AppContext.BaseDirectory, "catalog"),
});

// What regulars bought lately. Each with a message id: on the second start they are duplicates, and change nothing.
var yesterday = (DateTimeOffset.UtcNow.AddDays(-1) - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
var bought = await node.IngestAsync([.. Enumerable.Range(0, 20).Select(coffee => new Touchpoint
{
    MessageId = $"coffee-{coffee}",
    CustomerId = $"card-{coffee % 10}",
    Type = TouchpointTypes.Purchase,
    AtMicros = yesterday,
    ValueMicros = 3_200_000,
    Currency = "EUR",
})]);
Console.WriteLine($"{bought.Value!.Accepted} purchases taken in, {bought.Value.Duplicates} known already");

for (var receipt = 1; receipt <= 60; receipt++)
{
    var customer = $"card-{receipt % 20}";

    // The purchase comes with the request: it is applied first, so that the rules see it.
    var reply = await node.DecideAsync(new DecisionRequest
    {
        CustomerId = customer,
        Placements = [new PlacementRequest("receipt", 1, [])],
        Context = [new Property("hour", PropertyValue.Of(9))],
        Touchpoints = [new Touchpoint { CustomerId = customer, Type = TouchpointTypes.Purchase, ValueMicros = 3_200_000, Currency = "EUR" }],
    });
    if (reply.Refusal is { } refusal)
    {
        Console.Error.WriteLine($"{customer}: {refusal.Kind}, {refusal.Detail}");
        continue;
    }

    var offer = reply.Value!.Placements[0].Offers[0];
    Console.WriteLine($"{customer}: {offer.OfferId}{(offer.Propensity is { } propensity ? $" with probability {propensity:0.00}" : "")}");
}

var campaign = (await node.ReadCampaignAsync("regulars")).Value!;
Console.WriteLine($"spent {campaign.Total!.SettledMicros / 1e6:0.00} of 20.00 EUR");
