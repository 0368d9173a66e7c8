namespace PmOrleans.Node.Tests.Log;

/// <summary>A catalog of one campaign whose offer is shown to everybody and costs 0.37 when it is.</summary>
internal static class SpendCatalog
{
    public const long CostMicros = 370_000;

    /// <param name="affordable">How often the total budget pays for the offer.</param>
    public static string Of(int affordable) => FormattableString.Invariant($$"""
        catalog: { currency: EUR }
        policies:
          default: { goal: { on: click, within: 30m }, exploration: { kind: epsilonGreedy, epsilon: 0.5, floor: 0.1 } }
        placements:
          p: { channel: web, slots: 1, fallback: { offer: f, content: {} } }
        campaigns:
          c:
            budget: { total: {{affordable * 0.37m}}, settleOn: decision }
            offers:
              a: { placements: [p], value: 100000, cost: 0.37, content: {} }
        """);
}
