using System.Globalization;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Gateway.Hosting;
using PmOrleans.Node.Time;
using PmOrleans.Node.Verification;

namespace PmOrleans.Gateway.Tests;

/// <summary>A gateway with <c>--retain</c>, as it is started.</summary>
public sealed class RetentionTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly string _folder = Directory.CreateTempSubdirectory("pmorleans-").FullName;

    private string Data => Path.Combine(_folder, "data");

    [Fact]
    public async Task it_cuts_what_is_older_and_exports_it_soon_after_a_start_that_is_overdue()
    {
        var options = new GatewayOptions { DataFolder = Data, CatalogFolder = SampleCatalog.Find(), SimulatedClock = true };
        await using (var opened = await EmbeddedNodeService.OpenAsync(options))
        {
            for (var day = 0; day <= 40; day += 2)
            {
                await SeenAsync(opened, day);
            }

            await Wait.UntilAsync(() => opened.Node.Refolding.IsDone);
        }

        var export = Path.Combine(_folder, "archive");
        await using (var opened = await EmbeddedNodeService.OpenAsync(options with { RetainDays = 30, ExportFolder = export }))
        {
            await SeenAsync(opened, 41);

            // What is older than the eleventh day is gone, and said to be.
            await Wait.UntilAsync(async () => (await opened.Node.ReadFactsAsync("c-1", 0, 100)).Value is { CutBeforeMicros: { } cut } && Micros.ToTime(cut) == Start.AddDays(10));
            Assert.NotEmpty(Directory.GetFiles(export));
        }

        Assert.True((await StoreVerifier.VerifyAsync(Data)).IsClean);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static async Task SeenAsync(OpenedNode opened, int day) =>
        Assert.Null((await opened.Node.IngestAsync([new Touchpoint
        {
            CustomerId = "c-1", Type = "view", MessageId = day.ToString(CultureInfo.InvariantCulture), AtMicros = Start.AddDays(day).ToUnixTimeMilliseconds() * 1000,
        }])).Refusal);
}
