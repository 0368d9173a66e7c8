using System.Text.RegularExpressions;
using PmOrleans.Simulator.Load;
using PmOrleans.Simulator.Measuring;
using PmOrleans.Simulator.Report;
using PmOrleans.Simulator.Runs;

namespace PmOrleans.Simulator.Tests.Report;

public sealed class ReportPageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void a_run_reads_as_it_was_written()
    {
        var path = Path.Combine(_folder.Path, "run.json");
        var run = Run("plain", 3);

        RunFile.Write(path, run);

        Assert.Equal(ReportPage.Of(run), ReportPage.Of(RunFile.Read(path)));
    }

    [Theory]
    [InlineData("{", "is no run")]
    [InlineData("{}", "is no run")]
    [InlineData("{\"format\":99,\"kind\":\"x\",\"title\":\"\",\"startedAt\":\"2026-01-01T00:00:00Z\",\"seconds\":1,\"machine\":\"\",\"commit\":\"\",\"settings\":{},\"notes\":[]}", "format 99")]
    public void what_is_no_run_is_refused(string text, string reason) =>
        Assert.Contains(reason, Assert.Throws<InputException>(() => RunFile.Read(_folder.Write("run.json", text))).Message, StringComparison.Ordinal);

    [Fact]
    public void a_page_loads_nothing_runs_nothing_and_escapes_what_it_names()
    {
        var page = ReportPage.Of(Run("<script>alert(1)</script>", 10));

        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.Empty(Regex.Matches(page, "(src|href)\\s*=|url\\(|@import"));
        Assert.Contains("&lt;script&gt;", page, StringComparison.Ordinal);
    }

    [Fact]
    public void a_name_does_not_turn_the_text_beside_it_around()
    {
        var page = ReportPage.Of(Run("left\u202Eright\u2066", 10));

        Assert.DoesNotContain(page, letter => letter is (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069'));
        Assert.Contains("left\uFFFDright\uFFFD", page, StringComparison.Ordinal);
    }

    [Fact]
    public void what_scrolls_is_reached_by_keyboard_and_named_and_everything_is_in_the_main_part()
    {
        var page = ReportPage.Of(Run("named", 10));

        var tables = Regex.Matches(page, "<div class=\"table\"[^>]*>");
        Assert.NotEmpty(tables);
        Assert.All(tables.Select(table => table.Value), table => Assert.Matches("role=\"group\" aria-label=\"[^\"]+\" tabindex=\"0\"", table));
        Assert.DoesNotContain("<th></th>", page, StringComparison.Ordinal);
        Assert.Matches("(?s)<body><main>.*</main></body>", page);
    }

    [Fact]
    public void a_page_of_a_day_of_seconds_and_hundreds_of_offers_stays_below_two_megabytes() => Assert.InRange(ReportPage.Of(Run("long", 86_400)).Length, 10_000, 2_000_000);

    [Fact]
    public void every_plot_names_its_units_and_its_sample() =>
        Assert.All(Regex.Matches(ReportPage.Of(Run("plots", 30)), "<figcaption>(.*?)</figcaption>").Select(match => match.Groups[1].Value), caption =>
            Assert.Matches("<small>.+; .*(n = |trials|campaigns|sample|counted).*</small>", caption));

    [Fact]
    public void a_load_shows_what_the_gateway_spent_filled_and_counted_meanwhile()
    {
        var page = ReportPage.Of(Run("load", 30) with { Arms = [], Comparisons = [] });

        Assert.Contains("Budget burn against plan", page, StringComparison.Ordinal);
        Assert.Contains("Cap use", page, StringComparison.Ordinal);
        Assert.Contains("segment of the gateway", page, StringComparison.Ordinal);
        // Half a minute: the marks of the axis are a few seconds apart.
        Assert.Contains(">00:00:20<", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(9, "too few clicks")]
    [InlineData(10, "1.960")]
    public void what_another_systems_log_says_has_an_interval_from_ten_clicks_on(int clicks, string error)
    {
        var run = Run("logged", 3);

        var page = ReportPage.Of(run with { Arms = [run.Arms[0] with { Logged = new OffPolicyDocument(100, 30, clicks, .1, .01, .1) }] });

        Assert.Contains($"<td>{error}</td>", page, StringComparison.Ordinal);
    }

    [Fact]
    public void a_plot_without_points_is_left_out() => Assert.Equal("", new Plot("t", "x", "y", "n = 0").Lines([new Series("empty", [])]));

    [Fact]
    public void a_plot_keeps_its_peak_when_it_has_more_points_than_can_be_seen()
    {
        var points = Enumerable.Range(0, 10_000).Select(i => new PlotPoint(i, i == 5_555 ? 1000 : 1)).ToArray();

        var top = Regex.Matches(new Plot("t", "x", "y", "n = 10,000").Lines([new Series("s", points)]), "[ML]([0-9.]+) ([0-9.]+)")
            .Min(match => double.Parse(match.Groups[2].Value, System.Globalization.CultureInfo.InvariantCulture));

        // The highest mark stands 5 % below the upper edge of 244 pixels, which is at 12.
        Assert.InRange(top, 12, 30);
    }

    private static RunDocument Run(string title, int seconds)
    {
        var latency = new LatencyDocument(
            seconds * 100L, 2, [new QuantilePoint(.5, 1), new QuantilePoint(.9, 2), new QuantilePoint(.99, 4), new QuantilePoint(1, 9)],
            [.. Enumerable.Range(0, seconds).Select(second => new LatencySlice(second, 100, second % 7 == 0 ? 1 : 0, 1 + (second % 5), 2 + (second % 7), 4 + (second % 11), 9))]);
        var at = new DateTime(2026, 3, 1, 0, 0, 0, DateTimeKind.Utc);
        var arm = new ArmDocument
        {
            Name = title, Seconds = seconds, Customers = 10, Decisions = 1000, Fallbacks = 3, Refused = 1, Refusals = ["too <late>"], Touchpoints = 100, TouchpointsRejected = 0,
            Clicks = 40, Purchases = 4, ExpectedClicks = 41, ExpectedValue = 100, Currency = "CNY", Latency = latency,
            Curve = [.. Enumerable.Range(0, 80).Select(i => new CurvePoint(i * 10, at.AddDays(i), 10, 9, i % 3, .04, 1.2, .1, .03))],
            Offers = [.. Enumerable.Range(0, 400).Select(i => new OfferDocument($"offer-{i}", "campaign", 10, 1, .04))],
            Removals = [new RemovalDocument("Cap", 4)], Explained = 20,
            Budgets = [new BudgetDocument("campaign", true, [new BudgetPoint(at, 0, 0, 0, 0), new BudgetPoint(at.AddDays(3), 5, 6, 0, 0)], 100)],
            Caps = [new CapDocument("cap", "impression", 3, 10, [1, 2, 3, 4, 0], 2)],
            Segments = [new SegmentDocument("vip", 250, [new SegmentPoint(at, .1), new SegmentPoint(at.AddDays(3), .2)])],
            Logged = new OffPolicyDocument(100, 10, 1, .01, .01, .004),
            Verification = new VerificationDocument(false, 1, 1, 1, 1, 1, 1, new Dictionary<string, long>(StringComparer.Ordinal) { ["caps broken"] = 1 }, ["CapBroken: <somewhere>"]),
        };
        return new RunDocument
        {
            Kind = "population", Title = title, StartedAt = new DateTimeOffset(at), Seconds = seconds, Machine = "machine", Commit = "commit", Interrupted = "stopped",
            Settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["seed"] = "1" }, Notes = ["note"], Arms = [arm, arm with { Name = "other" }],
            Comparisons = [new ComparisonDocument(title, "other", "clicks", 1, 3, 10) { Lower = 0, Upper = 2 }],
            Load = new LoadDocument
            {
                Urls = ["http://h"], IntendedRate = 1, AnsweredRate = 1, Intended = 1, Sent = 1, Outcomes = new Dictionary<string, long>(StringComparer.Ordinal) { ["decision: 200"] = 1 },
                Errors = 0, Decisions = latency, Touchpoints = latency, SendLag = latency, GeneratorProcessorShare = .1, Bottleneck = "the <clock>",
                Trials = [new SloTrial(1, 1, 1, 0, true), new SloTrial(2, 2, 30, 0, false)], HighestRate = 1, Slo = "p99 at most 20 ms", Verification = new VerificationOutcome(null, "no folder"),
                Budgets = [new BudgetDocument("of the gateway", false, [new BudgetPoint(at, 1, 2, 0, 0), new BudgetPoint(at.AddSeconds(20), 5, 6, 0, 0)], null, 50)],
                Caps = [new CapDocument("cap of the gateway", "click", 3, 10, [1, 2, 3, 4, 0], 2)],
                Segments = [new SegmentDocument("segment of the gateway", 0, [new SegmentPoint(at, 1), new SegmentPoint(at.AddSeconds(20), 2)]), new SegmentDocument("another", 0, [new SegmentPoint(at, 1), new SegmentPoint(at.AddSeconds(20), 2)])], Currency = "CNY",
            },
        };
    }
}
