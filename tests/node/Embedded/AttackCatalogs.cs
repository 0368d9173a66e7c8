namespace PmOrleans.Node.Tests.Embedded;

/// <summary>Small catalogs, each with one thing to attack. Placement <c>p</c>, offers <c>a</c> and on.</summary>
internal static class AttackCatalogs
{
    private const string Head = """
        catalog: { currency: EUR, capHold: 15m }
        attributes:
          tier: { type: string }
        metrics:
          views7d: count(view) over 7d
        policies:
          default:
            goal: { on: click, within: 30m }
            exploration: { kind: epsilonGreedy, epsilon: 0.5, floor: 0.1 }
        placements:
          p: { channel: web, slots: 3, fallback: { offer: f, content: {} } }
        """;

    public const string Plain = Head + """

        campaigns:
          c:
            offers:
              a: { placements: [p], value: 10, content: {} }
              b: { placements: [p], value: 10, content: {} }
        """;

    /// <summary>A cap per customer over the campaign, of an event.</summary>
    public static string Capped(string on, int limit, string within = "1d") => Head + $$"""

        campaigns:
          c:
            caps:
              - { event: {{on}}, limit: {{limit}}, within: {{within}}, per: campaign }
            offers:
              a: { placements: [p], value: 10, content: {} }
              b: { placements: [p], value: 10, content: {} }
        """;

    /// <summary>A budget, e.g. <c>total: 10, daily: 5, settleOn: click, reserve: full</c>; each offer costs 0.37.</summary>
    public static string Budgeted(string budget, string cost = "0.37") => Head + $$"""

        campaigns:
          c:
            budget: { {{budget}} }
            offers:
              a: { placements: [p], value: 1000, cost: {{cost}}, content: {} }
              b: { placements: [p], value: 1000, cost: {{cost}}, content: {} }
        """;

    /// <summary>A segment, attributes, consent, a cap and stock: what takes offers away in ways of all kinds.</summary>
    public const string Shop = """
        catalog: { currency: EUR }
        attributes:
          tier: { type: string, default: none, values: [none, gold] }
          age: int
        consents:
          marketing: { unknown: deny }
        metrics:
          views7d: count(view) over 7d
        segments:
          eager: metrics.views7d > 3
        placements:
          p: { channel: web, slots: 5 }
          q: { channel: app, slots: 5 }
        campaigns:
          c:
            eligibility: customer.tier == 'gold'
            offers:
              gold: { placements: [p], value: 10, content: {} }
              eager: { placements: [p], value: 10, eligibility: "'eager' in segments", content: {} }
              app: { placements: [q], value: 10, eligibility: context.device == 'mobile', content: {} }
          d:
            consent: [marketing]
            offers:
              mail: { placements: [p], value: 10, content: {} }
              adult: { placements: [p, q], value: 10, eligibility: customer.age >= 18, content: {} }
          e:
            caps: [ { event: impression, limit: 1, within: 30d, per: offer } ]
            offers:
              once: { placements: [p], value: 10, content: {} }
              gone: { placements: [p], value: 10, inStock: false, content: {} }
        """;
}
