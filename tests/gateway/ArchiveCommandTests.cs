using System.IO.Compression;
using System.Text.Json;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Gateway.Customers;
using PmOrleans.Gateway.Hosting;
using PmOrleans.Gateway.Json;
using PmOrleans.Node.Embedded;
using PmOrleans.Node.Port;
using PmOrleans.Node.Retention;
using PmOrleans.Node.Time;

namespace PmOrleans.Gateway.Tests;

/// <summary>What was cut can be read again: whole with the store, its accounting parts without.</summary>
public sealed class ArchiveCommandTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly string _folder = Directory.CreateTempSubdirectory("pmorleans-").FullName;
    private readonly SimulatedClock _clock = new(Start);

    private string Data => Path.Combine(_folder, "data");

    private string Export => Path.Combine(_folder, "archive");

    [Fact]
    public async Task an_export_reads_as_the_history_did_before_the_cut()
    {
        List<string> before = [];
        await FillAsync(async node =>
        {
            foreach (var customer in (string[])["c-1", "c-2"])
            {
                before.AddRange((await node.ReadFactsAsync(customer, 0, 1_000)).Value!.Facts.Select(AsExported).Select(fact => JsonSerializer.Serialize(FactBody.From(fact), Bodies.Options)));
            }
        });
        await CutAsync();

        var lines = await ReadAsync("--data", Data);

        var facts = lines.Where(line => line.TryGetProperty("fact", out _)).ToList();
        Assert.Equal("c-1 c-2", string.Join(' ', facts.Select(line => line.GetProperty("customerId").GetString()!).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)));
        var had = before.ToHashSet(StringComparer.Ordinal);
        Assert.True(facts.Count > 20, $"{facts.Count} facts");
        Assert.All(facts, line => Assert.Contains(line.GetProperty("fact").GetRawText(), had));
        Assert.Contains(lines, line => !line.TryGetProperty("customer", out _) && line.GetProperty("accounting").GetProperty("kind").GetString() == "published");
        Assert.All(lines, line => Assert.Equal(Path.GetFileName(Directory.GetFiles(Export)[0]).Split('-')[1], line.GetProperty("store").GetString()));
    }

    /// <summary>The decision that an outcome answers may be in a file that is not there.</summary>
    private static FactView AsExported(FactView fact) => fact.Outcome is { } outcome ? fact with { Outcome = outcome with { DecisionId = null } } : fact;

    [Fact]
    public async Task one_customer_one_decision_and_a_stretch_of_time()
    {
        await FillAsync();
        await CutAsync();

        var customer = await ReadAsync("--data", Data, "--customer", "c-2");
        var decision = await ReadAsync("--data", Data, "--decision", "d-c-1-4");
        var days = await ReadAsync("--from", "2026-11-03", "--to", "2026-11-05T12:00:00Z");
        var nothing = await GatewayProcess.RunAsync(_folder, "archive", "read", "--export", Export, "--from", "2025-01-01", "--to", "2025-02-01");

        Assert.NotEmpty(customer);
        Assert.All(customer, line => Assert.Equal("c-2", line.GetProperty("customerId").GetString()));
        Assert.Equal("d-c-1-4", decision[0].GetProperty("fact").GetProperty("decision").GetProperty("decisionId").GetString());
        Assert.NotEmpty(decision[0].GetProperty("fact").GetProperty("decision").GetProperty("placements")[0].GetProperty("candidates").EnumerateArray());
        Assert.Contains(decision, line => line.GetProperty("fact").TryGetProperty("outcome", out var outcome) && outcome.GetProperty("event").GetString() == "click");
        Assert.All(decision.Skip(1), line => Assert.Equal("outcome", line.GetProperty("fact").GetProperty("kind").GetString()));
        Assert.Equal((0, ""), (nothing.ExitCode, nothing.Output));
        Assert.Contains("is what was asked for", nothing.Error, StringComparison.Ordinal);
        Assert.NotEmpty(days);
        Assert.All(days, line => Assert.InRange(line.GetProperty("recordAt").GetDateTime(), new DateTime(2026, 11, 3), new DateTime(2026, 11, 5, 11, 59, 59)));
    }

    [Fact]
    public async Task of_one_who_was_erased_since_and_without_the_store_the_accounting_parts_are_left()
    {
        await FillAsync();
        await CutAsync();
        await using (var node = await OpenAsync())
        {
            Assert.Null((await node.EraseAsync("c-1")).Refusal);
        }

        var (exitCode, output, error) = await GatewayProcess.RunAsync(_folder, "archive", "read", "--export", Export, "--data", Data);
        var asked = await GatewayProcess.RunAsync(_folder, "archive", "read", "--export", Export, "--data", Data, "--customer", "c-1");
        var without = await ReadAsync();

        Assert.True(exitCode == 0, error);
        Assert.Contains("1 of the customers were erased", error, StringComparison.Ordinal);
        Assert.DoesNotContain("c-1", output, StringComparison.Ordinal);
        var erased = Lines(output).Where(line => line.TryGetProperty("erased", out _)).ToList();
        Assert.Contains(erased, line => line.GetProperty("accounting").GetProperty("kind").GetString() == "outcome");
        Assert.All(erased, line => Assert.False(line.TryGetProperty("fact", out _)));
        Assert.True(asked.ExitCode == 2, asked.Error);
        Assert.Contains("was erased", asked.Error, StringComparison.Ordinal);
        Assert.All(without, line => Assert.False(line.TryGetProperty("fact", out _) || line.TryGetProperty("customerId", out _)));
        Assert.Contains(without, line => line.GetProperty("accounting").GetProperty("kind").GetString() == "decision");
    }

    [Fact]
    public async Task files_are_listed_with_what_is_between_them_and_which_are_damaged()
    {
        await FillAsync();
        await CutAsync(together: 20);
        var files = Directory.GetFiles(Export).Order(StringComparer.Ordinal).ToList();
        Assert.True(files.Count > 3, $"{files.Count} files");
        var whole = await ListAsync();

        File.Delete(files[1]);
        var missing = await ListAsync();
        var bytes = await File.ReadAllBytesAsync(files[2]);
        bytes[bytes.Length / 2] ^= 0x20;
        await File.WriteAllBytesAsync(files[2], bytes);
        var flipped = await ListAsync();
        var read = await GatewayProcess.RunAsync(_folder, "archive", "read", "--export", Export);

        Assert.Equal((0, files.Count), (whole.ExitCode, whole.Output.Split('\n').Count(line => line.EndsWith("  ok", StringComparison.Ordinal))));
        Assert.True(missing.ExitCode == 0, missing.Output);
        Assert.Contains("(no file has records 21 to 40)", missing.Output, StringComparison.Ordinal);
        Assert.True(flipped.ExitCode == 1, flipped.Output);
        Assert.Contains($"{Path.GetFileName(files[2])}  damaged: '{files[2]}'", flipped.Output, StringComparison.Ordinal);
        Assert.True(read.ExitCode == 2, read.Error);
        Assert.Contains($"'{files[2]}'", Assert.Single(read.Error.Trim().Split('\n')), StringComparison.Ordinal);
    }

    /// <summary>Whatever was cut off or put in: the file's sum or the numbers of its records tell.</summary>
    [Fact]
    public async Task every_kind_of_damage_to_a_file_is_found()
    {
        await FillAsync();
        await CutAsync(together: 20);
        var file = ArchiveFile.In(Export)[0];
        var bytes = await File.ReadAllBytesAsync(file.Path);
        var text = Unzip(bytes);
        var lines = text.TrimEnd('\n').Split('\n');
        Assert.Equal(20, LogArchive.Check(file).Records);

        AssertDamaged("ends after record 19", Zip(string.Join('\n', lines[..^1]) + "\n"));
        AssertDamaged("in line 3, where its name says record 3", Zip(string.Join('\n', [.. lines[..2], .. lines[3..]])));
        AssertDamaged("its name says it has ended", Zip(text + lines[^1].Replace("\"sequence\":20", "\"sequence\":21", StringComparison.Ordinal)));
        AssertDamaged("line 4 is no record", Zip(string.Join('\n', [.. lines[..3], "no json", .. lines[4..]])));
        AssertDamaged("line 4 has record 4, which cannot be read", Zip(string.Join('\n', [.. lines[..3], WithoutAccounting(lines[3]), .. lines[4..]])));
        for (var i = 0; i < bytes.Length; i += 7)
        {
            // The ten bytes of the head say nothing of what follows, but for the first four.
            if (i is < 4 or >= 10)
            {
                byte[] flipped = [.. bytes];
                flipped[i] ^= 0x41;
                AssertDamaged("", flipped);
            }
        }

        for (var left = 0; left < bytes.Length; left += left < bytes.Length - 20 ? 11 : 1)
        {
            AssertDamaged("", bytes[..left]);
        }

        void AssertDamaged(string where, byte[] damaged)
        {
            File.WriteAllBytes(file.Path, damaged);
            var found = Assert.Throws<ArchiveException>(() => LogArchive.Check(file));
            Assert.Contains($"'{file.Path}'", found.Message, StringComparison.Ordinal);
            Assert.Contains(where, found.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("--customer needs --data or --connection", "--customer", "c-1")]
    [InlineData("--decision needs --data or --connection", "--decision", "d-1")]
    [InlineData("--from is 'yesterday' and must be a time such as", "--from", "yesterday")]
    [InlineData("--to is '2026-02-30' and is not a day of the calendar", "--to", "2026-02-30")]
    [InlineData("has no files of an export", "--to", "2026-02-20")]
    [InlineData("There is no store at", "--data", "none")]
    public async Task what_cannot_be_read_is_told_in_a_line(string problem, string option, string value)
    {
        Directory.CreateDirectory(Export);
        if (option == "--data")
        {
            await File.WriteAllTextAsync(Path.Combine(Export, "log-0123456789ab-000000000000001-000000000000002.ndjson.gz"), "");
        }

        var (exitCode, _, error) = await GatewayProcess.RunAsync(_folder, "archive", "read", "--export", Export, option, value);

        Assert.True(exitCode == 2, error);
        Assert.Contains(problem, Assert.Single(error.Trim().Split('\n')), StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<List<JsonElement>> ReadAsync(params string[] options)
    {
        var (exitCode, output, error) = await GatewayProcess.RunAsync(_folder, ["archive", "read", "--export", Export, .. options]);
        Assert.True(exitCode == 0, error);
        return Lines(output);
    }

    private Task<(int ExitCode, string Output, string Error)> ListAsync() => GatewayProcess.RunAsync(_folder, "archive", "list", "--export", Export);

    private static List<JsonElement> Lines(string output) =>
        [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<JsonElement>(line))];

    private async Task<EmbeddedNode> OpenAsync() =>
        await EmbeddedNode.OpenAsync(new EmbeddedNodeOptions { DataFolder = Data, CatalogFolder = SampleCatalog.Find() }, _clock);

    /// <summary>Something of each day, three weeks long.</summary>
    private async Task FillAsync(Func<EmbeddedNode, Task>? look = null)
    {
        await using var node = await OpenAsync();
        for (var day = 0; day <= 20; day++)
        {
            _clock.AdvanceTo(Start.AddDays(day).ToUnixTimeMilliseconds() * 1000);
            foreach (var customer in (string[])["c-1", "c-2"])
            {
                var id = $"d-{customer}-{day}";
                Assert.Null((await node.DecideAsync(new DecisionRequest { DecisionId = id, CustomerId = customer, Placements = [new PlacementRequest("home.hero", 1, [])] })).Refusal);
                Assert.Null((await node.IngestAsync([Event("impression", $"i-{id}"), Event("click", $"k-{id}")])).Refusal);

                Touchpoint Event(string type, string message) => new() { CustomerId = customer, Type = type, MessageId = message, DecisionId = id };
            }
        }

        await Wait.UntilAsync(() => node.Refolding.IsDone);
        await (look?.Invoke(node) ?? Task.CompletedTask);
    }

    private async Task CutAsync(int together = 10_000)
    {
        var report = await LogCutter.CutAsync(new LogCutOptions { Folder = Data, Before = Start.AddDays(12), ExportFolder = Export, RecordsTogether = together });
        Assert.True(report.Records > 0, report.Refusal);
    }

    private static string WithoutAccounting(string line) => line[..(line.IndexOf("\"accounting\":\"", StringComparison.Ordinal) + 14)] + "\",\"personal\":\"\"}";

    private static string Unzip(byte[] bytes)
    {
        using var text = new StreamReader(new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress));
        return text.ReadToEnd();
    }

    private static byte[] Zip(string text)
    {
        using var bytes = new MemoryStream();
        using (var zip = new StreamWriter(new GZipStream(bytes, CompressionLevel.Fastest)))
        {
            zip.Write(text);
        }

        return bytes.ToArray();
    }
}
