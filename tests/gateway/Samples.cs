using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Tests;

/// <summary>One of everything, with every member filled somewhere.</summary>
internal static class Samples
{
    /// <summary>2026-11-21T10:00:00.000250Z.</summary>
    public const long At = 1_795_255_200_000_250;

    public const string DecisionJson = """{"customerId":"c-42","placements":[{"id":"home.hero"}]}""";

    public const string TouchpointJson = """{"messageId":"m-1","customerId":"c-42","type":"view"}""";

    public static OutcomeView Outcome => new("d-1", "o-1", "autumn", "click", At, 1, 0, 2_500_000, 0, 500_000, Late: false);

    public static CatalogProblem CatalogError => new(true, "rule-type", "offers.yaml", 3, 7, "offers[0].when", "is a number; a rule is true or false", "compare it");

    public static CatalogProblem CatalogWarning => new(false, "unreachable", null, 0, 0, "offers[1]", "no one can get it", null);

    public static DecisionAnswer Decision(string id, string customer, bool explain) => new()
    {
        DecisionId = id,
        CustomerId = customer,
        AtMicros = At,
        CatalogVersion = 7,
        Placements =
        [
            new PlacementAnswer
            {
                PlacementId = "home.hero",
                PolicyId = "default",
                Holdout = false,
                Experiments = [new VariantAnswer("hero", "bold"), new VariantAnswer("holdout", "targeted")],
                Offers =
                [
                    new OfferAnswer(1, "o-1", "autumn", new Creative("o-1-zh", 1, "zh-CN", """{"title":"秋天 \"50\""}"""u8.ToArray()), 0.31, 1.72, Fallback: false),
                    new OfferAnswer(2, "o-2", "autumn", null, 0.5, double.NegativeInfinity, Fallback: false),
                    new OfferAnswer(3, "brand", null, new Creative("brand-1", 2, null, "{}"u8.ToArray()), null, null, Fallback: true),
                ],
                Candidates = explain
                    ?
                    [
                        new CandidateAnswer("o-1", "autumn", RemovalReason.None, null, 0.1, 0.02, 1.72, 0.3, 0.31),
                        new CandidateAnswer("o-3", "autumn", RemovalReason.BudgetExhausted, "autumn", 0, 0, 0, 0, 0),
                        new CandidateAnswer("o-4", "autumn", RemovalReason.Pacing, null, 0, 0, 0, 0, 0),
                    ]
                    : null,
            },
            new PlacementAnswer { PlacementId = "sms", PolicyId = "default", Holdout = false, Offers = [], HoldUntilMicros = At + 3_600_000_000 },
        ],
    };

    public static CustomerView Customer(string id) => new(
        id, [id, "email:x"], 12, At, At, "web", [new Property("tier", PropertyValue.Of("gold")), new Property("tags", PropertyValue.OfJson("[1,2]"))],
        [new ConsentView("personalisation", true, At), new ConsentView("marketing", false, At) { Channel = "sms" }], [new TouchView("purchase", 2, At, 59_900_000)],
        [new MetricView("views7d", 3), new MetricView("new", null) { Building = true }], ["gold"], [new CapView("daily", "offer", "o-1", "impression", 3, 2, 1)],
        [new OpenDecisionView("o-1", At, At + 1_000_000, true, false, false)])
    {
        Experiments = [new AssignmentView("hero", "bold", At, 59_900_000)],
        Suppressed = [new SuppressedView("tired", "campaign", "autumn", At + 1_000_000)],
    };

    public static ExperimentView Experiment(string id) => new(
        id, "Hero", "running", "top", 0.5, At, null, "CNY",
        [new VariantView("control", 0.5, 10, 20, 18, 4, 1, 4, 59_900_000, 3588.01, 0), new VariantView("old", null, 1, 1, 0, 0, 0, 0, 0, 0, 2_500_000)], 99);

    public static FactPage Facts(string customer, long after, int limit) => new(
        [
            new FactView(after + 1, "touchpoint", At, At, true, new Touchpoint
            {
                MessageId = "m-1", CustomerId = customer, Type = "purchase", AtMicros = At, Channel = "web", DecisionId = "d-1", OfferId = "o-1",
                ValueMicros = 59_900_000, Currency = "CNY", Properties = [new Property("sku", PropertyValue.Of("A-7"))],
            }, null, null),
            new FactView(after + 2, "decision", At, At, false, null, Decision("d-1", customer, explain: false), null),
            new FactView(after + 3, "outcome", At, At, false, null, null, Outcome),
        ],
        limit == 3 ? after + 3 : null);

    public static CampaignView Campaign(string id, bool paused) => new(
        id, "Autumn", "running", paused, "CNY", new LedgerView(0, 1_000_000_000, 250_500_000, 1_000_000, 2_000_000, 746_500_000, 0),
        new LedgerView(20261121, 100_000_000, 0, 0, 0, 100_000_000, 0), 0.25, [new OfferResultView("o-1", 10, 8, 2, 1, 1, 2_500_000, 59_900_000)], 99);
}
