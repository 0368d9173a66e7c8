using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Profiles;
using static PmOrleans.Decisioning.Tests.TestCustomer;

namespace PmOrleans.Decisioning.Tests.Decisions;

public sealed class RuleClockTests
{
    private static readonly string[] Rules =
    [
        "metrics.views > 3",
        "metrics.views == 2 || metrics.spent >= 20",
        "metrics.spent < 12.5",
        "metrics.views * 2 > 5",
        "has(recency.view) && recency.view > duration('30m')",
        "recency.purchase >= duration('2h') && recency.purchase < duration('150m')",
        "recency.view == duration('40m')",
    ];

    private static readonly CatalogSnapshot Catalog = Build();

    [Fact]
    public void at_no_time_before_the_next_change_does_a_rule_come_out_differently()
    {
        var random = new Random(20261124);
        for (var round = 0; round < 60; round++)
        {
            using var customer = new TestCustomer(Catalog);
            var now = Noon;
            for (var i = random.Next(1, 90); i > 0; i--)
            {
                now += random.NextInt64(3 * Minute);
                var type = random.Next(3) == 0 ? "purchase" : "view";
                customer.Take(new Touchpoint { CustomerId = "c-1", Type = type, AtMicros = now - random.NextInt64(2 * Minute), ValueMicros = random.Next(10) * 1_000_000 }, now);
            }

            for (var rule = 0; rule < Catalog.Rules.Length; rule++)
            {
                Check(customer.State, rule, now, random);
            }
        }
    }

    [Fact]
    public void where_a_rule_only_compares_the_next_change_is_a_change_of_the_rule()
    {
        using var customer = new TestCustomer(Catalog);
        for (var i = 0; i < 10; i++)
        {
            customer.Take(new Touchpoint { CustomerId = "c-1", Type = "view", AtMicros = Noon + (i * Minute) }, Noon + (i * Minute));
        }

        var next = Catalog.Clock.NextChangeMicros(0, customer.State, Noon + (10 * Minute));

        // More than three are left until the seventh has gone.
        Assert.Equal(Noon + (6 * Minute) + Hour, next);
        Assert.Equal(Noon + Hour, customer.State.NextMetricChangeMicros(Catalog.Metrics[0], Noon + (10 * Minute)));
    }

    [Fact]
    public void a_rule_without_metrics_and_recency_never_changes_by_itself()
    {
        var catalog = new TestCatalog().Segment("big", "counts.view > 3 && value.purchase > 7").Build();

        Assert.False(catalog.Clock.Ticks(0));
        Assert.Equal(long.MaxValue, catalog.Clock.NextChangeMicros(0, NewState(catalog), Noon));
    }

    [Fact]
    public void what_cannot_be_computed_is_looked_at_again_after_an_hour()
    {
        var catalog = new TestCatalog().Segment("odd", "recency.view.getMinutes() % 2 == 1").Build();
        using var customer = new TestCustomer(catalog);
        customer.Take(new Touchpoint { CustomerId = "c-1", Type = "view", AtMicros = Noon }, Noon);

        Assert.Equal(Noon + Minute + Hour, catalog.Clock.NextChangeMicros(0, customer.State, Noon + Minute));
    }

    private static void Check(CustomerState state, int rule, long now, Random random)
    {
        for (var steps = 0; steps < 40; steps++)
        {
            var next = Catalog.Clock.NextChangeMicros(rule, state, now);
            var before = Outcome(state, rule, now);
            for (var i = 0; i < 8; i++)
            {
                var until = Math.Min(next, now + (5 * Hour));
                var between = i == 0 ? until - 1 : now + random.NextInt64(Math.Max(1, until - now));
                Assert.True(before == Outcome(state, rule, between), $"{Rules[rule]} changes at or before {between - Noon}, said {next - Noon}");
            }

            if (next == long.MaxValue)
            {
                return;
            }

            Assert.True(next > now);
            now = next;
        }
    }

    private static bool Outcome(CustomerState state, int rule, long now) =>
        SegmentMembership.Of(state, Catalog, now).Contains($"s{rule}", StringComparer.Ordinal);

    private static CatalogSnapshot Build()
    {
        var catalog = new TestCatalog()
            .Metric("views", MetricKind.Count, "view", TimeSpan.FromHours(1))
            .Metric("spent", MetricKind.Sum, "view", TimeSpan.FromHours(1), "value");
        for (var i = 0; i < Rules.Length; i++)
        {
            catalog.Segment($"s{i}", Rules[i]);
        }

        return catalog.Build();
    }
}
