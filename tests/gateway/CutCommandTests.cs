using PmOrleans.Decisioning.Facts;
using PmOrleans.Gateway.Hosting;
using PmOrleans.Node.Embedded;
using PmOrleans.Node.Log;
using PmOrleans.Node.Time;
using PmOrleans.Node.Verification;

namespace PmOrleans.Gateway.Tests;

public sealed class CutCommandTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly string _folder = Directory.CreateTempSubdirectory("pmorleans-").FullName;

    private string Data => Path.Combine(_folder, "data");

    [Theory]
    [InlineData("yesterday", "must be a time such as")]
    [InlineData("11/01/2026", "must be a time such as")]
    [InlineData("2026-11-1", "must be a time such as")]
    [InlineData("2026-02-30", "is not a day of the calendar")]
    [InlineData("2026-11-01T10:00", "must have a time of day with seconds")]
    [InlineData("2026-11-01T10:00:00", "needs an offset such as Z")]
    public async Task a_time_that_might_be_read_in_two_ways_is_refused(string before, string problem)
    {
        var (exitCode, _, error) = await GatewayProcess.RunAsync(_folder, "cut", "--data", Data, "--before", before);

        Assert.True(exitCode == 2, error);
        Assert.Single(error.Trim().Split('\n'));
        Assert.Contains($"--before is '{before}' and {problem}", error, StringComparison.Ordinal);
        Assert.Contains("a day such as 2026-11-01 (UTC) is allowed as well", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Data));
    }

    [Fact]
    public async Task a_store_is_cut_once_and_then_there_is_nothing_to_cut()
    {
        await FillAsync();
        var export = Path.Combine(_folder, "archive", "shop");

        var cut = await GatewayProcess.RunAsync(_folder, "cut", "--data", Data, "--before", "2026-11-10", "--export", export);
        var again = await GatewayProcess.RunAsync(_folder, "cut", "--data", Data, "--before", "2026-11-10T01:00:00+01:00", "--export", export);

        Assert.True(cut.ExitCode == 0, cut.Error);
        Assert.StartsWith("Cut ", cut.Output, StringComparison.Ordinal);
        Assert.Contains("(2026-11-09T12:00:00Z)", cut.Output, StringComparison.Ordinal);
        Assert.True(again.ExitCode == 0, again.Error);
        Assert.Contains("There was nothing to cut.", again.Output, StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(export));
        Assert.True((await StoreVerifier.VerifyAsync(Data)).IsClean);
    }

    [Fact]
    public async Task an_export_that_cannot_be_written_is_told_in_one_line()
    {
        await FillAsync();
        await File.WriteAllTextAsync(Path.Combine(_folder, "file"), "no folder");

        var (exitCode, _, error) = await GatewayProcess.RunAsync(_folder, "cut", "--data", Data, "--before", "2026-11-10", "--export", Path.Combine("file", "export"));

        Assert.True(exitCode == 2, error);
        Assert.StartsWith("pmorleans: cannot cut the log of ", Assert.Single(error.Trim().Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_store_in_use_or_not_there_is_told_in_one_line()
    {
        await using var log = await SqliteNodeLog.OpenAsync(new SqliteLogOptions { Folder = Data });

        var used = await GatewayProcess.RunAsync(_folder, "cut", "--data", Data, "--before", "2026-11-10");
        var missing = await GatewayProcess.RunAsync(_folder, "cut", "--data", Path.Combine(_folder, "none"), "--before", "2026-11-10");

        Assert.True(used.ExitCode == 2, used.Error);
        Assert.Contains("in use by another process", Assert.Single(used.Error.Trim().Split('\n')), StringComparison.Ordinal);
        Assert.True(missing.ExitCode == 2, missing.Error);
        Assert.Contains("There is no store", Assert.Single(missing.Error.Trim().Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_store_that_cannot_be_cut_says_why_and_ends_with_1()
    {
        await (await SqliteNodeLog.OpenAsync(new SqliteLogOptions { Folder = Data })).DisposeAsync();

        var (exitCode, output, error) = await GatewayProcess.RunAsync(_folder, "cut", "--data", Data, "--before", "2026-11-10");

        Assert.True(exitCode == 1, error);
        Assert.Contains("Nothing was cut: no catalog was published", output, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Something of each other day, three weeks long.</summary>
    private async Task FillAsync()
    {
        var clock = new SimulatedClock(Start);
        await using var node = await EmbeddedNode.OpenAsync(new EmbeddedNodeOptions { DataFolder = Data, CatalogFolder = SampleCatalog.Find() }, clock);
        for (var day = 0; day <= 20; day += 2)
        {
            clock.AdvanceTo(Start.AddDays(day).ToUnixTimeMilliseconds() * 1000);
            Assert.Null((await node.IngestAsync([new Touchpoint { CustomerId = "c-1", Type = "view", MessageId = $"m-{day}" }])).Refusal);
        }

        await Wait.UntilAsync(() => node.Refolding.IsDone);
    }
}
