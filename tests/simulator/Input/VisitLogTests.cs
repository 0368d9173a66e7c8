using System.IO.Compression;
using System.Text;
using PmOrleans.Node.Time;
using PmOrleans.Simulator.Chance;
using PmOrleans.Simulator.Input;

namespace PmOrleans.Simulator.Tests.Input;

public sealed class VisitLogTests : IDisposable
{
    private const string Csv = """
        customer,when,basket,amount,colour
        a,2026-01-02T10:00:00Z,1,10.50,red
        b,2026-01-01T10:00:00Z,2,3,blue
        a,2026-01-02T10:01:00Z,1,4,green
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void lines_of_a_visit_become_one_decision_and_one_batch_of_touchpoints_in_the_order_of_time()
    {
        var log = Read(Csv);

        Assert.Equal("b a", string.Join(' ', log.Visits.Select(visit => visit.CustomerId)));
        Assert.Equal([10_500_000L, 4_000_000L], log.Visits[1].After.Select(touch => touch.ValueMicros!.Value));
        Assert.Equal("green", log.Visits[1].After[1].Properties.Single().Value.Text);
        Assert.True(log.Visits[1].AtMicros < log.Visits[1].After[0].AtMicros);
        Assert.Equal((3, 0, 2), (log.Lines, log.BrokenLines, log.Customers));
    }

    [Theory]
    [InlineData("c,2026-01-03T10:00:00Z,3,many,red", "amount is 'many'")]
    [InlineData("c,yesterday,3,1,red", "when is 'yesterday'")]
    [InlineData("c,03/04/2026,3,1,red", "when is '03/04/2026'")]
    [InlineData("c,12:30,3,1,red", "when is '12:30'")]
    [InlineData(",2026-01-03T10:00:00Z,3,1,red", "customer is empty")]
    [InlineData("c,2026-01-03T10:00:00Z,3,1", "has 4 columns; the file has 5")]
    [InlineData("c,2026-01-03T10:00:00Z,3,-1,red", "amount is '-1'")]
    [InlineData("..,2026-01-03T10:00:00Z,3,1,red", "the customer's id is '..', which cannot stand in an address")]
    [InlineData("c\u0007,2026-01-03T10:00:00Z,3,1,red", "the customer's id contains the control character U+0007")]
    public void a_broken_line_is_named_by_its_number_and_counted_and_the_rest_goes_on(string line, string reason)
    {
        var log = Read(Csv + "\n" + line + "\nd,2026-01-04T10:00:00Z,4,1,red");

        Assert.Equal((5, 1, 3), (log.Lines, log.BrokenLines, log.Visits.Count));
        Assert.StartsWith($"line 5: {reason}", log.Broken.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public void a_quote_that_does_not_close_is_named_by_the_line_it_began_in()
    {
        var log = Read(Csv + "\n\"c,2026-01-03T10:00:00Z,3,1,red\nd,2026-01-04T10:00:00Z,4,1,red\ne,2026-01-04T10:00:00Z,4,1,red");

        Assert.Equal("line 5: has a quote that does not close or stands inside a field, up to line 7", Assert.Single(log.Broken));
    }

    [Theory]
    [InlineData("\n\nc,20\"26,3,1,red", "line 7: has a quote")]
    [InlineData("\n\n\nc,yesterday,3,1,red", "line 8: when is 'yesterday'")]
    [InlineData("\n\n\"c,2026-01-03T10:00:00Z,3,1,red\n\nd,2026-01-04T10:00:00Z,4,1,red", "line 7: has a quote that does not close or stands inside a field, up to line 9")]
    public void empty_lines_before_a_broken_one_are_counted(string lines, string reason)
    {
        var log = Read(Csv + "\n" + lines);

        Assert.StartsWith(reason, Assert.Single(log.Broken), StringComparison.Ordinal);
    }

    [Fact]
    public void what_is_no_regular_file_is_refused_and_a_pipe_is_not_waited_for()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var path = Path.Combine(_folder.Path, "pipe");
        using (var made = System.Diagnostics.Process.Start("mkfifo", [path]))
        {
            made.WaitForExit();
        }

        var refused = Assert.Throws<InputException>(() => VisitLog.Read(path, Mapping(), new Draws(1), strict: false));

        Assert.Contains("cannot be read: it is not a regular file", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void white_space_around_a_customers_id_is_none_of_it()
    {
        var log = Read(Csv + "\n\" a \",2026-01-04T10:00:00Z,4,1,red");

        Assert.Equal("b a a", string.Join(' ', log.Visits.Select(visit => visit.CustomerId)));
    }

    [Fact]
    public void a_text_is_not_cut_within_a_character()
    {
        var log = Read(Csv + $"\nd,2026-01-04T10:00:00Z,4,1,{new string('x', 4095)}😀");

        Assert.Equal(4095, log.Visits[^1].After[0].Properties.Max(property => property.Value.Text?.Length));
    }

    [Fact]
    public void a_strict_reading_stops_at_the_broken_line_and_names_it()
    {
        var stopped = Assert.Throws<InputException>(() => Read(Csv + "\nc,yesterday,3,1,red", strict: true));

        Assert.Contains("line 5: when is 'yesterday'", stopped.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("customer,when,basket,amount,colour\n")]
    public void an_empty_file_is_refused(string text) => Assert.Contains("has no data", Assert.Throws<InputException>(() => Read(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void a_file_of_which_nothing_fits_is_refused_with_the_first_reason()
    {
        var refused = Assert.Throws<InputException>(() => Read("customer,when,basket,amount,colour\na,monday,1,1,red\nb,tuesday,1,1,red"));

        Assert.Contains("none of the 2 lines", refused.Message, StringComparison.Ordinal);
        Assert.Contains("line 2: when is 'monday'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void a_mapping_that_names_a_missing_column_is_refused_with_the_columns_there_are()
    {
        var mapping = Mapping();
        mapping.Value = "price";

        var refused = Assert.Throws<InputException>(() => VisitLog.Read(_folder.Write("log.csv", Csv), mapping, new Draws(1), strict: false));

        Assert.Contains("value names the column 'price'; there are customer, when, basket, amount, colour", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void a_zipped_file_reads_like_a_plain_one()
    {
        var path = Path.Combine(_folder.Path, "log.csv.gz");
        using (var zip = new GZipStream(File.Create(path), CompressionLevel.Fastest))
        {
            zip.Write(Encoding.UTF8.GetBytes(Csv));
        }

        var log = VisitLog.Read(path, Mapping(), new Draws(1), strict: true);

        Assert.Equal(Read(Csv).Visits.Select(visit => visit.AtMicros), log.Visits.Select(visit => visit.AtMicros));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(60)]
    public void a_zipped_file_that_is_cut_short_is_refused_and_one_of_two_parts_is_read_whole(int missing)
    {
        using var zipped = new MemoryStream();
        var lines = Csv.ReplaceLineEndings("\n").Split('\n');
        foreach (var part in (string[])[string.Join('\n', lines[..2]) + "\n", string.Join('\n', lines[2..]) + "\n"])
        {
            using var zip = new GZipStream(zipped, CompressionLevel.Fastest, leaveOpen: true);
            zip.Write(Encoding.UTF8.GetBytes(part));
        }

        var path = Path.Combine(_folder.Path, "log.csv.gz");
        File.WriteAllBytes(path, zipped.ToArray());
        var whole = VisitLog.Read(path, Mapping(), new Draws(1), strict: true);
        File.WriteAllBytes(path, zipped.ToArray()[..^missing]);
        var refused = Assert.Throws<InputException>(() => VisitLog.Read(path, Mapping(), new Draws(1), strict: false));

        Assert.Equal(3, whole.Lines);
        Assert.Contains("cannot be read: it is cut short", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ndjson_reads_like_csv_and_a_line_that_is_no_json_is_named()
    {
        var mapping = Mapping();
        mapping.Format = "ndjson";
        var path = _folder.Write("log.ndjson", """
            { "customer": "b", "when": "2026-01-01T10:00:00Z", "basket": 2, "amount": 3, "colour": "blue" }
            { "customer": "b",

            { "customer": "a", "when": "2026-01-02T10:00:00Z", "basket": 1, "amount": 10.5, "colour": "red" }
            """);

        var log = VisitLog.Read(path, mapping, new Draws(1), strict: false);

        Assert.Equal("b a", string.Join(' ', log.Visits.Select(visit => visit.CustomerId)));
        Assert.StartsWith("line 2: is not JSON", log.Broken.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public void a_file_that_knows_only_days_spreads_its_visits_over_the_hours_the_same_way_every_time()
    {
        const string days = "00001 19970101  1   11.77\r\n00002 19970101  1   12.00\r\n00002 19970112  5   77.00\r\n";
        var mapping = MappingFile.Read("cdnow");
        mapping.Header = false;

        var once = VisitLog.Read(_folder.Write("days.txt", days), mapping, new Draws(1), strict: true);
        var again = VisitLog.Read(Path.Combine(_folder.Path, "days.txt"), mapping, new Draws(1), strict: true);

        Assert.Equal(once.Visits.Select(visit => visit.AtMicros), again.Visits.Select(visit => visit.AtMicros));
        Assert.All(once.Visits, visit => Assert.InRange(Micros.ToTime(visit.After[0].AtMicros!.Value).Hour, 8, 22));
        Assert.Equal(3, once.Visits.Select(visit => visit.AtMicros).Distinct().Count());
    }

    [Theory]
    [InlineData("customr: [a]", "customr")]
    [InlineData("format: xml", "format is 'xml'; allowed are csv, ndjson")]
    [InlineData("format: csv", "customer is missing")]
    [InlineData("{ customer: [a], at: { column: t, zone: Mars } }", "at.zone is 'Mars'")]
    [InlineData("{ customer: [a], at: { column: t }, visit: [v], logged: { offer: o, click: c, propensity: p } }", "visit and logged exclude each other")]
    [InlineData("", "is empty")]
    public void a_mapping_that_cannot_be_used_is_refused_with_its_reason(string yaml, string reason)
    {
        var path = _folder.Write("mapping.yaml", yaml);

        Assert.Contains(reason, Assert.Throws<InputException>(() => MappingFile.Read(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void every_shipped_mapping_can_be_read() => Assert.All(MappingFile.Shipped, name => Assert.NotEmpty(MappingFile.Read(name).Customer));

    [Fact]
    public void a_logged_click_is_read_as_programs_write_it_and_what_is_neither_yes_nor_no_is_a_broken_line()
    {
        string[] clicks = ["1", "1.0", "true", "True", "TRUE", "0", "0.0", "false", "False", "", "yes", "2"];
        var csv = "customer,when,offer,click,p\n" + string.Concat(clicks.Select((click, i) => $"c,2026-01-01T10:{i:D2}:00Z,o,{click},0.5\n"));

        var log = VisitLog.Read(_folder.Write("logged.csv", csv), Logged("csv"), new Draws(1), strict: false);

        Assert.Equal([true, true, true, true, true, false, false, false, false, false], log.Visits.Select(visit => visit.Logged!.Clicked));
        Assert.Equal("line 12: click is 'yes', line 13: click is '2'", string.Join(", ", log.Broken.Select(line => line.Split(';')[0])));
    }

    [Theory]
    [InlineData("\"0,1\"", "1", "p is '0,1'")]
    [InlineData("0.5", "\"0,1\"", "click is '0,1'")]
    public void a_decimal_comma_is_no_separator_of_thousands(string propensity, string click, string reason)
    {
        var csv = $"customer,when,offer,click,p\nc,2026-01-01T10:00:00Z,o,0,0.5\nc,2026-01-01T10:00:00Z,o,{click},{propensity}\n";

        var log = VisitLog.Read(_folder.Write("logged.csv", csv), Logged("csv"), new Draws(1), strict: false);

        Assert.StartsWith($"line 3: {reason}", Assert.Single(log.Broken), StringComparison.Ordinal);
    }

    [Fact]
    public void a_column_that_is_there_twice_is_refused()
    {
        const string Twice = "customer,when,offer,click,p,p\nc,2026-01-01T10:00:00Z,o,0,0.5,0.1\n";
        var refused = Assert.Throws<InputException>(() => VisitLog.Read(_folder.Write("logged.csv", Twice), Logged("csv"), new Draws(1), strict: false));
        var json = VisitLog.Read(
            _folder.Write("logged.ndjson", "{\"customer\":\"a\",\"when\":\"2026-01-01T10:00:00Z\",\"offer\":\"o\",\"p\":0.5,\"click\":1}\n{\"customer\":\"a\",\"when\":\"2026-01-01T10:00:00Z\",\"offer\":\"o\",\"p\":0.5,\"click\":1,\"p\":0.1}\n"),
            Logged("ndjson"), new Draws(1), strict: false);

        Assert.Contains("has 2 columns 'p'", refused.Message, StringComparison.Ordinal);
        Assert.Equal("line 2: has 'p' twice", Assert.Single(json.Broken));
    }

    [Fact]
    public void a_logged_click_in_ndjson_may_be_a_truth_value()
    {
        var path = _folder.Write("logged.ndjson", """
            { "customer": "a", "when": "2026-01-01T10:00:00Z", "offer": "o", "p": 0.5, "click": true }
            { "customer": "a", "when": "2026-01-01T11:00:00Z", "offer": "o", "p": 0.5, "click": false }
            """);

        var log = VisitLog.Read(path, Logged("ndjson"), new Draws(1), strict: true);

        Assert.Equal([true, false], log.Visits.Select(visit => visit.Logged!.Clicked));
    }

    private static Mapping Logged(string format) => new()
    {
        Format = format,
        Customer = ["customer"],
        At = new TimeMapping { Column = "when" },
        Logged = new LoggedMapping { Offer = "offer", Click = "click", Propensity = "p" },
    };

    private static Mapping Mapping() => new()
    {
        Customer = ["customer"],
        At = new TimeMapping { Column = "when" },
        Visit = ["customer", "basket"],
        Value = "amount",
        Properties = { ["colour"] = "colour" },
    };

    private VisitLog Read(string text, bool strict = false) => VisitLog.Read(_folder.Write("log.csv", text), Mapping(), new Draws(1), strict);
}
