using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Embedded;
using static PmOrleans.Node.Tests.Embedded.AttackFolder;

namespace PmOrleans.Node.Tests.Embedded;

/// <summary>
/// Customers who view, buy and say who they are, with most messages sent more than once, while publishes change what they are folded with. What a message says
/// hangs on customer and message id alone: from the messages that are in the log it is known what every customer did.
/// </summary>
internal static class ShoppingLoad
{
    /// <summary>A round whose name begins so is a load of this kind.</summary>
    public const string Round = "shop-";

    public const int Customers = 60;

    private const int Messages = 150;
    private const int Workers = 6;

    public const string Catalog = """
        attributes:
          tier: { type: string, default: none }
        metrics:
          views30d: count(view) over 30d
          spend30d: sum(purchase.value) over 30d
          views1m: count(view) over 1m
        segments:
          curious: metrics.views30d > 5
          spender: { rule: metrics.spend30d > 100.0, sums: [metrics.spend30d, counts.purchase] }
          gold: customer.tier == 'gold'
          keen: { rule: "'curious' in segments && 'spender' in segments", sums: [metrics.spend30d] }
          fleeting: metrics.views1m > 2
        rfm: { on: purchase }
        placements:
          p: { channel: web, fallback: { offer: f, content: {} } }
        """;

    /// <summary>The same for everybody who does something now, but folded with other definitions.</summary>
    public static string CatalogOf(int publish) =>
        publish % 2 == 0 ? Catalog : Catalog.Replace("over 30d", "over 31d", StringComparison.Ordinal).Replace("over 1m", "over 2m", StringComparison.Ordinal);

    public static Touchpoint Of(int customer, int message)
    {
        var random = new Random((customer * 1_000) + message);
        var touchpoint = Event($"c-{customer}", "view", $"m-{message}");
        return random.Next(6) switch
        {
            0 => touchpoint with { Type = "purchase", ValueMicros = random.Next(1, 400) * 250_000L },
            1 => touchpoint with { Type = "identify", Set = [new Property("tier", PropertyValue.Of(random.Next(2) == 0 ? "gold" : "none"))] },
            _ => touchpoint,
        };
    }

    /// <param name="answered">Called with customer and message of every touchpoint that was accepted.</param>
    public static async Task RunAsync(EmbeddedNode node, string round, Action<string, string> answered)
    {
        var seed = round.Aggregate(17, (sum, letter) => (sum * 31) + letter);
        await Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Task.Run(async () =>
        {
            var random = new Random(seed + worker);

            // Ends by itself should nobody kill it.
            for (var i = 0; i < 100_000; i++)
            {
                if (worker == 0 && i % 100 == 99)
                {
                    await PublishAsync(node, CatalogOf(i / 100));
                    continue;
                }

                var touchpoint = Of(random.Next(Customers), random.Next(Messages));
                var sent = await node.IngestAsync(random.Next(2) == 0 ? [touchpoint] : [touchpoint, touchpoint]);
                if (sent.Value is { Accepted: 1 })
                {
                    answered(touchpoint.CustomerId, touchpoint.MessageId!);
                }
            }
        })));
    }
}
