using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Port;
using PmOrleans.Node.Time;
using PmOrleans.Node.Verification;

namespace PmOrleans.Node.Tests.Embedded;

/// <summary>Whoever embeds the engine sends objects that no edge has read: what is wrong with them is refused by field, and leaves no trace.</summary>
public sealed class FormTests
{
    private const string Long = "has 257 characters; allowed are 1 to 256";
    private static readonly string TooLong = new('x', 257);

    private static readonly DecisionRequest Request = new() { CustomerId = "c-1", Placements = [new PlacementRequest("home.hero", 1, [])] };
    private static readonly Touchpoint View = new() { CustomerId = "c-1", Type = TouchpointTypes.View };

    private static readonly (DecisionRequest Request, string Field, string Message)[] Requests =
    [
        (Request with { CustomerId = null! }, "customerId", "is required"),
        (Request with { CustomerId = "" }, "customerId", "is empty"),
        (Request with { CustomerId = ".." }, "customerId", "cannot stand in an address"),
        (Request with { CustomerId = TooLong }, "customerId", Long),
        (Request with { CustomerId = "c-1\u0007" }, "customerId", "U+0007"),
        (Request with { CustomerId = " c-1" }, "customerId", "white space"),
        (Request with { CustomerId = "c\ud83d" }, "customerId", "lone surrogate"),
        (Request with { DecisionId = TooLong }, "decisionId", Long),
        (Request with { DeadlineMs = 0 }, "deadlineMs", "is 0; allowed are 1 to 60000"),
        (Request with { AtMicros = 1 }, "at", "simulated clock"),
        (Request with { Placements = null! }, "placements", "is null"),
        (Request with { Placements = [] }, "placements", "has 0 elements; allowed are 1 to 16"),
        (Request with { Placements = [null!] }, "placements[0]", "is required"),
        (Request with { Placements = [new PlacementRequest(null!, 1, [])] }, "placements[0].id", "is required"),
        (Request with { Placements = [new PlacementRequest("home.hero", int.MaxValue, [])] }, "placements[0].count", "allowed are 1 to 50"),
        (Request with { Placements = [new PlacementRequest("home.hero", 1, null!)] }, "placements[0].exclude", "is null"),
        (Request with { Placements = [new PlacementRequest("home.hero", 1, ["a", ""])] }, "placements[0].exclude[1]", "is empty"),
        (Request with { Placements = [.. Request.Placements, .. Request.Placements] }, "placements[1].id", "'home.hero' again"),
        (Request with { Context = null! }, "context", "is null"),
        (Request with { Context = [new Property("x", PropertyValue.Of(double.NaN))] }, "context.x", "is NaN"),
        (Request with { Context = [new Property("x", PropertyValue.Of(null!))] }, "context.x", "has no text"),
        (Request with { Context = [new Property("x", new PropertyValue((PropertyKind)9, "", 0))] }, "context.x", "is of kind 9"),
        (Request with { Context = [new Property("x", PropertyValue.Of(1)), new Property("x", PropertyValue.Of(2))] }, "context.x", "more than once"),
        (Request with { Context = [new Property("x", PropertyValue.OfJson("{"))] }, "context.x", "is no JSON"),
        (Request with { Context = [new Property("x", PropertyValue.OfJson("5"))] }, "context.x", "neither an array nor an object"),
        (Request with { Context = [new Property("x", PropertyValue.OfJson("{\"a\":1,\"a\":2}"))] }, "context.x", "more than once"),
        (Request with { Touchpoints = [View with { CustomerId = "c-2" }] }, "touchpoints[0].customerId", "must be the request's customerId"),
        (Request with { Touchpoints = [View, View with { ValueMicros = -5 }] }, "touchpoints[1].value", "is -0.000005; allowed are 0 to 1000000000000"),
    ];

    private static readonly (Touchpoint Touchpoint, string Field, string Message)[] Touchpoints =
    [
        (View with { CustomerId = null! }, "customerId", "is required"),
        (View with { CustomerId = TooLong }, "customerId", Long),
        (View with { Type = null! }, "type", "is required"),
        (View with { Type = "" }, "type", "is empty"),
        (View with { MessageId = TooLong }, "messageId", Long),
        (View with { Channel = "\ud800" }, "channel", "lone surrogate"),
        (View with { ValueMicros = long.MaxValue }, "value", "is 9223372036854.775807; allowed are 0 to 1000000000000"),
        (View with { AtMicros = long.MaxValue }, "at", "allowed is the year 9999"),
        (View with { Currency = "rmb" }, "currency", "three capital letters"),
        (View with { Properties = null! }, "properties", "is null"),
        (View with { Properties = [.. Enumerable.Range(0, 65).Select(i => new Property($"p{i}", PropertyValue.Of(i)))] }, "properties", "has 65 elements; allowed are 0 to 64"),
        (View with { Properties = [new Property("x", PropertyValue.Of(new string('x', 4097)))] }, "properties.x", "has 4097 characters"),
        (View with { Set = [new Property("tier", PropertyValue.Of("gold"))] }, "set", "belongs to type identify"),
        (View with { Type = TouchpointTypes.Identify, Set = [default], Unset = [null!] }, "unset[0]", "is required"),
        (View with { Purpose = "marketing" }, "purpose", "belongs to type consent"),
        (View with { Granted = true }, "state", "belongs to type consent"),
        (View with { Type = TouchpointTypes.Consent, Purpose = "marketing" }, "state", "is required"),
    ];

    [Fact]
    public async Task What_breaks_the_form_is_refused_by_field_and_leaves_no_trace()
    {
        using var folder = new NodeFolder();
        await using (var node = await folder.OpenAsync())
        {
            foreach (var (request, field, message) in Requests)
            {
                AssertInvalid((await node.DecideAsync(request)).Refusal, field, message);
            }

            foreach (var (touchpoint, field, message) in Touchpoints)
            {
                var answer = (await node.IngestAsync([touchpoint])).Value!;
                var rejected = Assert.Single(answer.Rejected);
                Assert.Equal(0, answer.Accepted);
                Assert.Contains(message, Assert.Single(rejected.Errors[field]), StringComparison.Ordinal);
                AssertInvalid(
                    (await node.DecideAsync(Request with { CustomerId = touchpoint.CustomerId, Touchpoints = [touchpoint] })).Refusal, null, message);
            }

            Assert.Equal(RefusalKind.NotFound, (await node.ReadCustomerAsync("c-1")).Refusal!.Kind);
            Assert.Null((await node.DecideAsync(Request)).Refusal);
            AssertInvalid((await node.AddAliasAsync("c-1", "")).Refusal, "alias", "is empty");
        }

        var report = await StoreVerifier.VerifyAsync(folder.Path);
        Assert.True(report.IsClean, string.Join('\n', report.Findings));
        Assert.Equal(1, report.Decisions);
        Assert.Equal(0, report.Touchpoints);
    }

    [Fact]
    public async Task An_id_with_another_request_is_a_conflict_without_a_hash_of_the_callers()
    {
        using var folder = new NodeFolder();
        await using var node = await folder.OpenAsync();
        var request = Request with { DecisionId = "d-1", Context = [new Property("channel", PropertyValue.Of("web"))] };
        Assert.False((await node.DecideAsync(request)).Value!.Repeated);
        Assert.True((await node.DecideAsync(request with { Explain = true })).Value!.Repeated);
        Assert.Equal(RefusalKind.Conflict, (await node.DecideAsync(request with { Context = [] })).Refusal!.Kind);
    }

    [Fact]
    public async Task What_is_rejected_does_not_move_the_simulated_clock()
    {
        using var folder = new NodeFolder();
        var clock = new SimulatedClock(new DateTimeOffset(2026, 11, 21, 10, 0, 0, TimeSpan.Zero));
        await using var node = await folder.OpenAsync(clock);
        var later = (clock.GetUtcNow().AddYears(1) - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

        Assert.Single((await node.IngestAsync([View with { Type = "", AtMicros = later }])).Value!.Rejected);
        Assert.Equal(2026, clock.GetUtcNow().Year);

        Assert.Equal(1, (await node.IngestAsync([View with { AtMicros = later }])).Value!.Accepted);
        Assert.Equal(2027, clock.GetUtcNow().Year);
    }

    [Fact]
    public async Task A_time_at_the_end_of_the_calendar_does_not_stop_the_simulated_clock_there()
    {
        using var folder = new NodeFolder();
        var clock = new SimulatedClock(new DateTimeOffset(2026, 11, 21, 10, 0, 0, TimeSpan.Zero));
        const long Last = SimulatedClock.LastMicros;
        await using (var node = await folder.OpenAsync(clock))
        {
            foreach (var at in (long[])[Last + 1, 253_402_300_799_999_999])
            {
                AssertInvalid((await node.DecideAsync(Request with { AtMicros = at })).Refusal, "at", "the simulated clock goes up to 9900-01-01T00:00:00Z");
                Assert.Contains("goes up to 9900", Assert.Single((await node.IngestAsync([View with { AtMicros = at }])).Value!.Rejected).Errors["at"][0], StringComparison.Ordinal);
            }

            Assert.Equal(2026, clock.GetUtcNow().Year);
            Assert.Null((await node.DecideAsync(Request with { AtMicros = Last })).Refusal);
            Assert.Equal(1, (await node.IngestAsync([View with { AtMicros = Last }])).Value!.Accepted);
            Assert.Equal(9900, clock.GetUtcNow().Year);
        }

        await using var again = await folder.OpenAsync(new SimulatedClock(DateTimeOffset.UnixEpoch));
        Assert.Null((await again.DecideAsync(Request with { AtMicros = Last })).Refusal);
    }

    private static void AssertInvalid(Refusal? refusal, string? field, string message)
    {
        Assert.NotNull(refusal);
        Assert.Equal(RefusalKind.Invalid, refusal.Kind);
        var messages = field is null ? refusal.Errors!.Values.SelectMany(all => all) : refusal.Errors![field];
        Assert.Contains(messages, told => told.Contains(message, StringComparison.Ordinal));
    }
}
