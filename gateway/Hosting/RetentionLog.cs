using PmOrleans.Node.Retention;

namespace PmOrleans.Gateway.Hosting;

/// <summary>Tells operators what became of the cuts that the node makes by itself.</summary>
internal sealed partial class RetentionLog(ILogger<RetentionLog> logger)
{
    /// <returns><c>null</c>: nothing is to be cut.</returns>
    public static RetentionOptions? OptionsOf(GatewayOptions options, Action<RetentionReport> onReport) =>
        options.RetainDays is { } days ? new RetentionOptions { Keep = TimeSpan.FromDays(days), ExportFolder = options.ExportFolder, OnReport = onReport } : null;

    /// <summary>A cut has ended; one that had nothing to cut is not worth a line.</summary>
    public void Report(RetentionReport report)
    {
        if (report.Failure is { } failure)
        {
            LogFailure(failure);
        }
        else if (report.Records > 0)
        {
            LogCut(report.Records, report.CutTo, report.CutBefore, report.Took.TotalSeconds);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Cut {Records} records in {Seconds:F1} s; the log begins after record {CutTo}, up to {CutBefore:O}.")]
    private partial void LogCut(long records, long cutTo, DateTimeOffset? cutBefore, double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The log could not be cut, and will be tried again: {Failure}")]
    private partial void LogFailure(string failure);
}
