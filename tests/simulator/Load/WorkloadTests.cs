using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using PmOrleans.Simulator.Load;

namespace PmOrleans.Simulator.Tests.Load;

public sealed class WorkloadTests
{
    private const int Many = 20_000;

    [Fact]
    public void a_duplicate_is_byte_for_byte_what_was_sent_before()
    {
        var workload = Workload(new FaultShares { Duplicates = .3 });
        var number = Enumerable.Range(2000, Many).First(i => workload.KindOf(i) == RequestKind.DuplicateDecision && workload.KindOf(i - 2000) == RequestKind.Decision);

        Assert.Equal(Text(workload, number - 2000), Text(workload, number));
    }

    [Fact]
    public void faults_come_in_their_shares()
    {
        var workload = Workload(new FaultShares { Duplicates = .1, Late = .05, Reordered = .05, Malformed = .1 });
        var kinds = Enumerable.Range(2000, Many).Select(i => workload.KindOf(i)).ToList();

        // Five standard deviations of a share of 0.1 in 20,000: 0.011.
        Assert.InRange(kinds.Count(kind => kind == RequestKind.Malformed) / (double)Many, .089, .111);
        Assert.InRange(kinds.Count(kind => kind is RequestKind.DuplicateDecision or RequestKind.DuplicateTouchpoints) / (double)Many, .089, .111);
        Assert.InRange(kinds.Count(kind => kind == RequestKind.LateTouchpoints) / (double)Many, .042, .058);
        Assert.InRange(kinds.Count(kind => kind == RequestKind.ReorderedTouchpoints) / (double)Many, .042, .058);
    }

    [Fact]
    public void every_request_but_a_broken_one_is_json_and_says_its_true_length()
    {
        var workload = Workload(new FaultShares { Duplicates = .1, Late = .1, Reordered = .1 });
        for (var number = 0; number < 500; number++)
        {
            var text = Text(workload, number + 3000);
            var body = Body(text);

            Assert.Contains($"Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n", text, StringComparison.Ordinal);
            JsonDocument.Parse(body).Dispose();
        }
    }

    [Fact]
    public void touchpoints_out_of_order_go_back_in_time()
    {
        var workload = Workload(new FaultShares { Reordered = 1 });
        using var body = JsonDocument.Parse(Body(Text(workload, 5000)));
        var times = body.RootElement.EnumerateArray().Select(touchpoint => touchpoint.GetProperty("at").GetDateTimeOffset()).ToList();

        Assert.True(times.Count > 1);
        Assert.All(times.Zip(times.Skip(1)), pair => Assert.True(pair.First > pair.Second));
    }

    [Fact]
    public void a_decision_is_answered_once_at_most_and_most_are()
    {
        var workload = Workload(new FaultShares { Late = .05, Reordered = .05, Malformed = .05 });
        var numbers = Enumerable.Range(2000, Many).ToList();
        var decisions = numbers.Where(number => workload.KindOf(number - 2000) == RequestKind.Decision).Select(number => $"r-{number - 2000}").ToHashSet(StringComparer.Ordinal);

        var answered = numbers.Where(number => workload.KindOf(number) is RequestKind.Touchpoints or RequestKind.LateTouchpoints or RequestKind.ReorderedTouchpoints)
            .SelectMany(number => Regex.Matches(Text(workload, number), "\"decisionId\":\"(r-[0-9]+)\"").Select(match => match.Groups[1].Value))
            .ToList();

        Assert.Equal(answered.Count, answered.Distinct(StringComparer.Ordinal).Count());
        Assert.Subset(decisions, answered.ToHashSet(StringComparer.Ordinal));
        // A decision is left out when more than five requests lie before the next touchpoints: 0.7^5, a sixth, at most.
        Assert.True(answered.Count > .7 * decisions.Count, $"{answered.Count} of {decisions.Count}");
    }

    [Fact]
    public void the_customers_who_come_most_often_are_those_that_are_named()
    {
        var options = new LoadOptions { Urls = [new Uri("http://h")], Rate = 1, DecisionShare = 1, Customers = 5000, Zipf = 1 };
        var workload = new Workload(options, "r", ["p"], [], "h");

        var came = Enumerable.Range(0, Many).Select(number => Regex.Match(Text(workload, number), "c-[0-9]+").Value)
            .GroupBy(id => id, StringComparer.Ordinal).OrderByDescending(group => group.Count()).Take(3).Select(group => group.Key).ToHashSet(StringComparer.Ordinal);

        Assert.Subset(PmOrleans.Simulator.Load.Workload.Popular(options, 8).ToHashSet(StringComparer.Ordinal), came);
    }

    [Fact]
    public void an_id_with_a_quote_is_written_as_json_writes_it()
    {
        var workload = new Workload(new LoadOptions { Urls = [new Uri("http://h")], Rate = 1, DecisionShare = 1 }, "r", ["a\"b"], [], "h");

        using var body = JsonDocument.Parse(Body(Text(workload, 1)));

        Assert.Equal("a\"b", body.RootElement.GetProperty("placements")[0].GetProperty("id").GetString());
    }

    [Fact]
    public void every_request_says_the_key_however_long_it_and_the_host_are()
    {
        var key = new string('k', 256);
        var host = new string('h', 255) + ":65535";
        var workload = new Workload(new LoadOptions { Urls = [new Uri("http://h")], Rate = 1, Key = key }, "r", ["p"], [], host);

        for (var number = 0; number < 50; number++)
        {
            var lines = Text(workload, number).Split("\r\n");
            Assert.StartsWith("POST /v1/", lines[0], StringComparison.Ordinal);
            Assert.Contains($"Host: {host}", lines, StringComparer.Ordinal);
            Assert.Contains($"Authorization: Bearer {key}", lines, StringComparer.Ordinal);
        }

        Assert.DoesNotContain("Authorization", Text(Workload(new FaultShares()), 1), StringComparison.Ordinal);
    }

    [Fact]
    public void popularity_falls_with_the_power_of_the_rank()
    {
        var zipf = new ZipfDraw(1000, 1);
        var counts = new int[1000];
        for (var i = 0; i < 400_000; i++)
        {
            counts[zipf.Rank((i + .5) / 400_000)]++;
        }

        Assert.InRange((double)counts[9] / counts[99], 9.3, 10.7);
        Assert.Equal(400_000, counts.Sum());
        Assert.True(counts[999] > 0);
    }

    [Fact]
    public void hot_customers_get_their_share()
    {
        var options = new LoadOptions { Urls = [new Uri("http://h")], Rate = 1, HotCustomers = .5, DecisionShare = 1, Customers = 1_000_000, Zipf = 0 };
        var workload = new Workload(options, "r", ["p"], [], "h");
        var hot = Enumerable.Range(0, 4000).Count(i => Regex.IsMatch(Text(workload, i), "\"c-[0-9]\""));

        Assert.InRange(hot / 4000.0, .46, .54);
    }

    private static Workload Workload(FaultShares faults) =>
        new(new LoadOptions { Urls = [new Uri("http://h")], Rate = 1, Faults = faults }, "r", ["home.hero"], [], "h");

    private static string Body(string request) => request[(request.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];

    private static string Text(Workload workload, long number) =>
        Encoding.UTF8.GetString(workload.Request(number, workload.KindOf(number), 1_800_000_000_000_000, new RequestBuffer()));
}
