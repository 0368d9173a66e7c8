using Microsoft.Extensions.Logging;
using PmOrleans.Node.Queue;

namespace PmOrleans.Grains.Cluster;

/// <summary>Puts what a delivery has to say into the silo's log.</summary>
internal sealed partial class QueueNotices(ILogger<QueueDelivery> logger) : IQueueNotices
{
    [LoggerMessage(1, LogLevel.Error, "Queued touchpoint {Number} cannot be applied and is set aside: {Reason}")]
    public partial void SetAside(long number, string reason);

    [LoggerMessage(2, LogLevel.Warning, "Delivering {Count} queued touchpoints from {Number} on failed; it is tried again.")]
    public partial void Failed(int count, long number, Exception failure);

    [LoggerMessage(3, LogLevel.Error, "Delivering queued touchpoints stumbled; it is tried again.")]
    public partial void Stumbled(Exception failure);
}
