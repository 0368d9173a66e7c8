using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Node.Catalog;
using PmOrleans.Simulator.Chance;
using PmOrleans.Simulator.Population;
using PmOrleans.Simulator.Runs;
using PmOrleans.Simulator.Targets;

namespace PmOrleans.Simulator.Tests.Population;

public sealed class PopulationTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task arms_meet_the_same_visits_and_their_logs_equal_the_recounts()
    {
        var run = await RunAsync(seed: 3);

        Assert.Equal(3, run.Arms.Count);
        Assert.All(run.Arms, arm => Assert.Equal((3000, 0L), (arm.Decisions, arm.Refused + arm.TouchpointsRejected)));
        Assert.All(run.Arms, arm => Assert.True(arm.Verification!.IsClean, string.Join("; ", arm.Verification.Findings)));
        Assert.Equal(9, run.Comparisons.Count);
    }

    [Fact]
    public async Task the_best_possible_beats_uniform_by_more_than_chance_and_loses_to_nobody()
    {
        var run = await RunAsync(seed: 3);

        var againstUniform = run.Comparisons.Single(found => found is { First: "uniform", Second: "best", Measure: "expected value" });
        var againstLearner = run.Comparisons.Single(found => found is { First: "learner", Second: "best", Measure: "expected value" });
        Assert.True(againstUniform.Upper < 0);
        Assert.True(againstLearner.Difference < 0);
    }

    [Fact]
    public async Task one_seed_gives_one_run_to_the_last_digit()
    {
        var once = await RunAsync(seed: 5);
        var again = await RunAsync(seed: 5);

        Assert.Equal(once.Arms.Select(arm => (arm.Clicks, arm.ExpectedValue, arm.Touchpoints)), again.Arms.Select(arm => (arm.Clicks, arm.ExpectedValue, arm.Touchpoints)));
        Assert.Equal(once.Comparisons, again.Comparisons);
    }

    [Fact]
    public void visits_come_in_the_order_of_time_from_known_customers_and_as_many_as_asked()
    {
        var scenario = new Scenario { Customers = 500, Decisions = 5000, Days = 30 };
        var visits = new VisitSource(scenario, new Draws(1), ["tea"]).Visits().ToList();

        Assert.Equal(5000, visits.Count);
        Assert.All(visits.Zip(visits.Skip(1)), pair => Assert.True(pair.First.AtMicros <= pair.Second.AtMicros));
        Assert.All(visits, visit => Assert.InRange(visit.Customer, 0, 499));
        Assert.InRange(visits.Count(visit => (visit.AtMicros / 3_600_000_000 % 24) is >= 2 and < 6), 0, 5000 / 12);
    }

    [Fact]
    public void no_customer_of_an_arm_is_held_out_or_in_an_experiment()
    {
        var (scenario, folder) = ScenarioFile.Read("policies");
        var whole = Compile(folder);
        Assert.Contains(whole.Experiments, experiment => experiment.IsGlobalHoldout);

        ArmCatalog.Write(folder, whole.PlacementById[scenario.Placement!], scenario.Arms[0], _folder.Path);

        var arm = Compile(_folder.Path);
        Assert.Empty(arm.Experiments);
        Assert.Equal(0, arm.PlacementById[scenario.Placement!].HoldoutShare);
        Assert.Equal(whole.Offers.Length, arm.Offers.Length);

        static CatalogSnapshot Compile(string folder) => CompiledCatalog.Of(CatalogFolder.Read(folder, new DiagnosticBag())!, DateTimeOffset.UnixEpoch);
    }

    [Theory]
    [InlineData(1, 1, false)]
    [InlineData(1000, 0, false)]
    [InlineData(1000, 9, false)]
    [InlineData(1000, 10, true)]
    public void until_ten_customers_differ_there_is_no_interval(int customers, int differing, bool has)
    {
        var first = Enumerable.Range(0, customers).Select(i => new CustomerTally { Clicks = i < differing ? 1 : 0 }).ToArray();
        var second = Enumerable.Range(0, customers).Select(_ => new CustomerTally()).ToArray();

        var found = Comparison.Of(("a", first), ("b", second), "clicks", tally => tally.Clicks);

        Assert.Equal((double)differing / customers, found.Difference);
        Assert.Equal((has, has), (found.Lower is not null, found.Upper is not null));
    }

    [Fact]
    public void an_interval_covers_the_true_difference_as_often_as_it_says()
    {
        var covered = 0;
        for (ulong seed = 0; seed < 400; seed++)
        {
            var draws = new Draws(seed);
            var first = Enumerable.Range(0, 300).Select(i => new CustomerTally { Value = .2 + draws.Normal((ulong)i) }).ToArray();
            var second = Enumerable.Range(0, 300).Select(i => new CustomerTally { Value = draws.For(1).Normal((ulong)i) }).ToArray();
            var found = Comparison.Of(("a", first), ("b", second), "value", tally => tally.Value);
            covered += found.Lower <= .2 && found.Upper >= .2 ? 1 : 0;
        }

        // Binomial(400, 0.95): mean 380, deviation 4.4; four of them either way.
        Assert.InRange(covered, 362, 398);
    }

    [Theory]
    [InlineData("customers: 0\narms: [ { name: a } ]", "customers is 0; allowed is 1 to 10,000,000")]
    [InlineData("days: 500\narms: [ { name: a } ]", "days is 500")]
    [InlineData("customers: 5", "arms is empty")]
    [InlineData("arms: [ { name: a }, { name: a } ]", "needs a name of its own")]
    [InlineData("arms: [ { name: a, best: true, uniform: true } ]", "more than one of policy, uniform and best")]
    [InlineData("arms: [ { name: a } ]\nattributes: { tier: { gold: 0.5 } }", "attributes.tier has shares that sum to 0.5")]
    [InlineData("arms: [ { name: a } ]\ntastes: { baseRate: 2 }", "tastes.baseRate is 2")]
    [InlineData("arms: [ { name: a } ]\nlife: { newShare: -1 }", "life.newShare is -1")]
    [InlineData("arms: [ { name: a } ]\ncolour: red", "line 2")]
    [InlineData("arms: [ { name: a } ]\ncatalog: nowhere", "catalog is 'nowhere'")]
    public void a_scenario_that_cannot_be_used_is_refused_with_field_value_and_limit(string yaml, string reason)
    {
        var path = _folder.Write("scenario.yaml", yaml);

        Assert.Contains(reason, Assert.Throws<InputException>(() => ScenarioFile.Read(path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("policies")]
    [InlineData("drift")]
    [InlineData("tight-budgets")]
    public void every_shipped_scenario_can_be_read(string name) => Assert.NotEmpty(ScenarioFile.Read(name).Scenario.Arms);

    private static Task<RunDocument> RunAsync(ulong seed)
    {
        var (scenario, catalog) = ScenarioFile.Read("tight-budgets");
        (scenario.Seed, scenario.Customers, scenario.Decisions, scenario.Days) = (seed, 300, 3000, 10);
        return PopulationRun.RunAsync(scenario, catalog, keepIn: null, CancellationToken.None);
    }
}
