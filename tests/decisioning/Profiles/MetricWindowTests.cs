using FsCheck;
using FsCheck.Fluent;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Facts;
using static PmOrleans.Decisioning.Tests.TestCustomer;

namespace PmOrleans.Decisioning.Tests.Profiles;

/// <summary>Metric windows against a list of all events.</summary>
public sealed class MetricWindowTests
{
    private static readonly CatalogSnapshot Catalog = new TestCatalog()
        .Metric("views", MetricKind.Count, "view", TimeSpan.FromHours(1))
        .Metric("spent", MetricKind.Sum, "view", TimeSpan.FromHours(1), "value")
        .Build();

    [Fact]
    public void up_to_64_events_in_the_window_are_exact_and_more_leave_at_most_a_64th_of_the_window_late() =>
        Check.One(
            Config.QuickThrowOnFailure.WithReplay(20_261_122, 13).WithMaxTest(200),
            Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed => Run(new Random(seed))));

    [Fact]
    public void the_window_ends_to_the_microsecond()
    {
        using var customer = new TestCustomer(Catalog);
        customer.Take(new Touchpoint { CustomerId = "c-1", Type = "view" }, Noon);

        Assert.Equal(1, customer.State.ReadMetric(Catalog.Metrics[0], Noon + Hour - 1));
        Assert.Equal(0, customer.State.ReadMetric(Catalog.Metrics[0], Noon + Hour));
    }

    [Fact]
    public void after_a_burst_the_few_that_are_left_are_exact_again()
    {
        using var customer = new TestCustomer(Catalog);
        for (var i = 0; i < 200; i++)
        {
            customer.Take(new Touchpoint { CustomerId = "c-1", Type = "view" }, Noon + (i * Second));
        }

        // 20 of the 200 are younger than an hour: within one bucket of 56 seconds if they were merged.
        Assert.Equal(20, customer.State.ReadMetric(Catalog.Metrics[0], Noon + Hour + (179 * Second)));
    }

    [Fact]
    public void a_flood_claimed_ahead_of_the_clock_leaves_nothing_too_early()
    {
        var brief = new TestCatalog().Metric("views", MetricKind.Count, "view", TimeSpan.FromMinutes(1)).Build();
        using var customer = new TestCustomer(brief);
        for (var i = 0; i < 1_000; i++)
        {
            customer.Take(new Touchpoint { CustomerId = "c-1", Type = "view", AtMicros = Noon + (i * 5 * Minute / 1_000) }, Noon);
        }

        Assert.Equal(1_000, customer.State.ReadMetric(brief.Metrics[0], Noon));
        Assert.InRange(customer.State.ReadMetric(brief.Metrics[0], Noon + (5 * Minute)), 200, 1_000);
    }

    private static void Run(Random random)
    {
        using var customer = new TestCustomer(Catalog);
        var events = new List<(long At, double Value)>();
        var now = Noon;
        var (views, spent) = (Catalog.Metrics[0], Catalog.Metrics[1]);
        var pace = random.NextInt64(1, 3 * Minute);
        for (var step = 0; step < 600; step++)
        {
            now += random.Next(60) == 0 ? random.NextInt64(2 * Hour) : random.NextInt64(pace);
            var at = now - (random.Next(4) == 0 ? random.NextInt64(2 * Hour) : 0);
            var value = random.Next(1, 1000);
            customer.Take(new Touchpoint { CustomerId = "c-1", Type = "view", AtMicros = at, ValueMicros = value * Second }, now);
            events.Add((at, value));
            var late = now + random.NextInt64(Hour);
            Compare(now);
            Compare(late);
        }

        void Compare(long time)
        {
            var inside = events.Where(item => item.At > time - Hour).ToList();
            var count = customer.State.ReadMetric(views, time);
            var sum = customer.State.ReadMetric(spent, time);
            if (inside.Count <= 64)
            {
                Assert.Equal(inside.Count, count);
                Assert.Equal(inside.Sum(item => item.Value), sum, 6);
                return;
            }

            var wider = events.Where(item => item.At > time - Hour - (Hour / 64)).ToList();
            Assert.InRange(count, inside.Count, wider.Count);
            Assert.InRange(sum, inside.Sum(item => item.Value) - 1e-6, wider.Sum(item => item.Value) + 1e-6);
        }
    }
}
