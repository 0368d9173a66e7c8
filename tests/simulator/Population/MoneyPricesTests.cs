using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Node.Catalog;
using PmOrleans.Node.Time;
using PmOrleans.Simulator.Chance;
using PmOrleans.Simulator.Population;
using PmOrleans.Simulator.Shop;
using PmOrleans.Simulator.Targets;
using PmOrleans.Simulator.Truth;

namespace PmOrleans.Simulator.Tests.Population;

public sealed class MoneyPricesTests
{
    private const long Hour = 3_600_000_000;
    private static readonly long Start = Micros.From(new DateTimeOffset(2026, 3, 2, 0, 0, 0, TimeSpan.Zero));
    private readonly CatalogSnapshot _catalog = Catalog();

    [Fact]
    public void money_that_is_not_short_costs_nothing_and_the_bound_is_the_sum_of_the_best()
    {
        var survey = Survey(visits: 5, out var worths);

        var prices = MoneyPrices.Of(survey);

        Assert.False(prices.IsAnyAbove0);
        Assert.Equal(worths.Sum(), prices.Bound().Worth, 4);
        Assert.Equal(0, prices.Bound().StandardError);
    }

    [Fact]
    public void short_money_goes_to_the_visits_where_it_is_worth_most_and_the_bound_is_what_they_bring()
    {
        // A budget of 20 a day, 1 an impression: 20 of 60 visits may show it.
        var survey = Survey(visits: 60, out var worths);

        var prices = MoneyPrices.Of(survey);

        var price = prices.At(_catalog.Campaigns[0], Start);
        var best = worths.OrderDescending().ToList();
        Assert.True(prices.IsAnyAbove0);
        Assert.InRange(price, best[20] - .001, best[19] + .001);
        // The best that is possible is the sum of the twenty best visits; a bound may not be below it, and at the right price it is not above it.
        Assert.InRange(prices.Bound().Worth, best.Take(20).Sum() - .001, best.Take(20).Sum() + .01);
    }

    [Fact]
    public void each_day_has_its_own_price()
    {
        var survey = Survey(visits: 60, out _, days: 2);

        var prices = MoneyPrices.Of(survey);

        Assert.True(prices.At(_catalog.Campaigns[0], Start) > 0);
        Assert.Equal(0, prices.At(_catalog.Campaigns[0], Start + (24 * Hour) + Hour));
        Assert.Equal(1, prices.ToDocument().Prices.Single().Days);
    }

    [Theory]
    [InlineData(RemovalReason.Cap, true)]
    [InlineData(RemovalReason.BudgetExhausted, true)]
    [InlineData(RemovalReason.Eligibility, false)]
    [InlineData(RemovalReason.Consent, false)]
    public void what_only_a_limit_held_back_counts_as_possible(RemovalReason reason, bool isPossible)
    {
        var survey = new VisitSurvey(_catalog, Truth(), 1);

        survey.Add(Visit(0, Start), [Candidate(reason)]);

        Assert.Equal(isPossible ? 1 : 0, survey.OptionsOf(0).Length);
    }

    /// <summary>The first day has all visits but one in ten when there are two.</summary>
    private VisitSurvey Survey(int visits, out List<double> worths, int days = 1)
    {
        var truth = Truth();
        var survey = new VisitSurvey(_catalog, truth, visits);
        worths = [];
        for (var i = 0; i < visits; i++)
        {
            var visit = Visit(i, Start + (days == 2 && i % 10 == 9 ? 25 * Hour : i * 1000L));
            survey.Add(visit, [Candidate(RemovalReason.None)]);
            worths.Add(truth.WorthOf(i, _catalog.Offers[0], visit.AtMicros, truth.ClickRate(i, _catalog.Offers[0], visit.AtMicros)));
        }

        return survey;
    }

    private TasteModel Truth() => new(_catalog, new TasteOptions { BaseRate = .3, PriceSensitivity = 0, Season = 0 }, new Draws(3), Start);

    private static Visit Visit(int number, long at) => new(number, number, $"c-{number}", at, [], [], []);

    private static CandidateAnswer Candidate(RemovalReason reason) => new("gift", "short", reason, null, 0, 0, 0, 0, 0);

    private static CatalogSnapshot Catalog()
    {
        const string text = """
            catalog: { currency: EUR, zone: UTC, locale: en }
            placements:
              front: { channel: web, fallback: { offer: house, content: { title: House } } }
            campaigns:
              short:
                budget: { daily: 20, settleOn: impression, reserve: full }
                offers:
                  gift: { placements: [front], value: 30, cost: 1, content: { title: Gift } }
            """;
        return CompiledCatalog.Of(CatalogBundle.Of([new CatalogFile("catalog.yaml", text)], new DiagnosticBag())!, Micros.ToTime(Start));
    }
}
