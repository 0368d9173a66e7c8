using System.Globalization;
using PmOrleans.Gateway.Json;
using PmOrleans.Node.Log;
using PmOrleans.Node.Retention;

namespace PmOrleans.Gateway.Hosting;

internal static class CutCommand
{
    /// <summary>The store was left as it is, and why was said.</summary>
    private const int Refused = 1;

    public static Task<int> RunAsync(string data, string before, string? export, CancellationToken cancellation) =>
        RunAsync(data, before, time => LogCutter.CutAsync(new LogCutOptions { Folder = data, Before = time, ExportFolder = export }, cancellation));

    public static Task<int> RunPostgresAsync(string connection, string schema, string before, string? export, CancellationToken cancellation) =>
        RunAsync("the PostgreSQL store", before, time => ClusterLogCutter.CutAsync(
            new PostgresCutOptions { ConnectionString = connection, Schema = schema, Before = time, ExportFolder = export }, cancellation));

    private static async Task<int> RunAsync(string store, string before, Func<DateTimeOffset, Task<LogCutReport>> cut)
    {
        var time = new DateTimeOffset(IsoTime.ToDateTime(CommandTime.Micros("--before", before)));
        try
        {
            var report = await cut(time);
            Console.WriteLine(
                report.Refusal is { } refusal ? $"Nothing was cut: {refusal}"
                : report.Records == 0 ? "There was nothing to cut."
                : string.Create(CultureInfo.InvariantCulture, $"Cut {report.Records} records; the log of {store} begins after record {report.CutTo} ({report.CutBefore:yyyy-MM-dd'T'HH:mm:ss'Z'})"));
            return report.Refusal is null ? 0 : Refused;
        }
        catch (Exception failed) when (failed is NodeLogException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new StartException($"cannot cut the log of {store}: {failed.Message}", failed);
        }
    }
}
