using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Consent;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Rules;
using static PmOrleans.Decisioning.Tests.TestCustomer;

namespace PmOrleans.Decisioning.Tests.Consent;

public sealed class QuietHoursTests
{
    /// <summary>Berlin: on 29 March 2026 clocks go from 2:00 to 3:00, on 25 October from 3:00 back to 2:00.</summary>
    [Theory]
    [InlineData("22:00", "08:00", "Europe/Berlin", "2026-01-10T21:00:00Z", "2026-01-11T07:00:00Z")]
    [InlineData("22:00", "08:00", "Europe/Berlin", "2026-01-10T20:59:59Z", null)]
    [InlineData("22:00", "08:00", "Europe/Berlin", "2026-01-11T07:00:00Z", null)]
    [InlineData("22:00", "08:00", "Asia/Shanghai", "2026-01-10T20:00:00Z", "2026-01-11T00:00:00Z")]
    // The night of spring is an hour shorter, that of autumn an hour longer.
    [InlineData("22:00", "08:00", "Europe/Berlin", "2026-03-28T21:30:00Z", "2026-03-29T06:00:00Z")]
    [InlineData("22:00", "08:00", "Europe/Berlin", "2026-10-24T20:30:00Z", "2026-10-25T07:00:00Z")]
    // The end does not exist: quiet until the jump. So does what lies inside of it.
    [InlineData("01:00", "02:30", "Europe/Berlin", "2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z")]
    [InlineData("02:10", "02:50", "Europe/Berlin", "2026-03-29T00:59:59Z", null)]
    [InlineData("02:10", "02:50", "Europe/Berlin", "2026-03-29T01:00:00Z", null)]
    [InlineData("02:10", "04:00", "Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z")]
    // The hour from 2 to 3 is there twice, and quiet twice.
    [InlineData("01:00", "03:00", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-25T02:00:00Z")]
    [InlineData("02:00", "02:30", "Europe/Berlin", "2026-10-25T00:10:00Z", "2026-10-25T00:30:00Z")]
    [InlineData("02:00", "02:30", "Europe/Berlin", "2026-10-25T00:45:00Z", null)]
    [InlineData("02:00", "02:30", "Europe/Berlin", "2026-10-25T01:10:00Z", "2026-10-25T01:30:00Z")]
    // Clocks jump over midnight; a zone of half hours.
    [InlineData("22:00", "00:30", "America/Santiago", "2024-09-08T02:30:00Z", "2024-09-08T04:00:00Z")]
    [InlineData("22:00", "06:00", "Australia/Lord_Howe", "2026-10-03T12:00:00Z", "2026-10-03T19:00:00Z")]
    public void quiet_is_what_the_clock_on_the_wall_says(string from, string until, string zone, string now, string? ends)
    {
        var quiet = new QuietHours(TimeOnly.Parse(from), TimeOnly.Parse(until), null);
        var found = TimeZoneInfo.FindSystemTimeZoneById(zone);

        Assert.Equal(ends is not null, QuietClock.IsQuiet(quiet, found, Micros(now)));
        if (ends is not null)
        {
            Assert.Equal(Micros(ends), QuietClock.EndMicros(quiet, found, Micros(now)));
        }
    }

    /// <summary>By brute force, minute by minute over two years: the end is the first minute that is not quiet.</summary>
    [Theory]
    [InlineData("Europe/Berlin")]
    [InlineData("America/New_York")]
    [InlineData("Australia/Lord_Howe")]
    [InlineData("Asia/Kathmandu")]
    public void the_end_is_the_first_minute_that_is_not_quiet(string zone)
    {
        var random = new Random(7);
        var found = TimeZoneInfo.FindSystemTimeZoneById(zone);
        for (var i = 0; i < 300; i++)
        {
            var quiet = new QuietHours(new TimeOnly(random.Next(24), random.Next(60)), new TimeOnly(random.Next(24), random.Next(60), 30), null);
            var at = Micros("2025-01-01T00:00:00Z") + (random.NextInt64(2 * 365 * 24 * 60) * Minute) + (30 * Second);
            if (!QuietClock.IsQuiet(quiet, found, at))
            {
                continue;
            }

            var end = QuietClock.EndMicros(quiet, found, at);

            for (var step = at; step < end; step += Minute)
            {
                Assert.True(QuietClock.IsQuiet(quiet, found, step), $"{zone} {quiet} {step}");
            }

            Assert.True(QuietClock.IsQuiet(quiet, found, end - 1));
            Assert.False(QuietClock.IsQuiet(quiet, found, end));
        }
    }

    [Fact]
    public void in_the_customers_zone_it_is_quiet_when_it_is_night_there()
    {
        using var customer = Customer(QuietAction.Drop);

        Assert.True(IsShown(customer));
        customer.Take(new Touchpoint { CustomerId = "c-1", Type = "identify", Set = [new("zone", PropertyValue.Of("Pacific/Auckland"))] }, Noon);
        Assert.False(IsShown(customer));
    }

    [Theory]
    [InlineData("Mars/Olympus")]
    [InlineData("../../etc/passwd")]
    [InlineData("")]
    public void an_unknown_zone_falls_back_to_the_catalogs_and_is_counted(string zone)
    {
        using var customer = Customer(QuietAction.Drop);
        customer.Take(new Touchpoint { CustomerId = "c-1", Type = "identify", Set = [new("zone", PropertyValue.Of(zone))] }, Noon);

        for (var i = 0; i < 2; i++)
        {
            Assert.True(IsShown(customer));
            Assert.Equal(1, customer.Workspace.UnknownZones);
        }
    }

    [Fact]
    public void quiet_hours_that_hold_answer_nothing_and_when_to_ask_again()
    {
        using var customer = Customer(QuietAction.Hold);
        customer.Take(new Touchpoint { CustomerId = "c-1", Type = "identify", Set = [new("zone", PropertyValue.Of("Pacific/Auckland"))] }, Noon);

        var decision = customer.Decide(Noon, "home").Placements[0];

        Assert.Empty(decision.Offers);
        Assert.Equal(Micros("2026-11-21T19:00:00Z"), decision.HoldUntilMicros);
        Assert.NotEmpty(customer.Decide(decision.HoldUntilMicros, "home").Placements[0].Offers);
        Assert.Equal(0, customer.Decide(decision.HoldUntilMicros, "home").Placements[0].HoldUntilMicros);
    }

    [Fact]
    public void quiet_hours_that_drop_answer_the_fallback()
    {
        using var customer = Customer(QuietAction.Drop);
        customer.Take(new Touchpoint { CustomerId = "c-1", Type = "identify", Set = [new("zone", PropertyValue.Of("Pacific/Auckland"))] }, Noon);

        var decision = customer.Decide(Noon, "home").Placements[0];

        Assert.True(Assert.Single(decision.Offers).IsFallback);
        Assert.Equal(0, decision.HoldUntilMicros);
    }

    private static TestCustomer Customer(QuietAction action) => new(new TestCatalog { ZoneAttribute = "zone" }
        .Attribute("zone", CelType.String)
        .Placement("home", fallback: "house", quiet: new QuietHours(new TimeOnly(22, 0), new TimeOnly(8, 0), null, action))
        .Offers(new OfferSpec("a")).Build());

    private static bool IsShown(TestCustomer customer) => !customer.Decide(Noon, "home").Placements[0].Offers[0].IsFallback;

    private static long Micros(string time) => (DateTimeOffset.Parse(time).UtcTicks - DateTime.UnixEpoch.Ticks) / 10;
}
