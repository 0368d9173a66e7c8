using Microsoft.Extensions.Logging;
using PmOrleans.Node.Customers;
using PmOrleans.Node.Log;
using PmOrleans.Node.Owners;

namespace PmOrleans.Grains.Owners;

/// <summary>Puts what a node has to say of the owners into the silo's log.</summary>
internal sealed partial class OwnerNotices(ILogger<OwnerNotices> logger) : IOwnerNotices
{
    public void NotTaken(OwnerName owner, TimeSpan since, Exception failure) => NotTaken(RangeOwner.RowOf(owner), (long)since.TotalSeconds, failure is NodeUnavailableException or NodeLogException ? failure.Message : failure.ToString());

    public void TakenAgain(OwnerName owner, TimeSpan after) => TakenAgain(RangeOwner.RowOf(owner), (long)after.TotalSeconds);

    [LoggerMessage(1, LogLevel.Warning, "The owner of {Owner} has not taken this node's log for {Seconds} s and is asked again; what it tells this node stands still meanwhile: {Reason}")]
    private partial void NotTaken(string owner, long seconds, string reason);

    [LoggerMessage(2, LogLevel.Information, "The owner of {Owner} takes this node's log again, after {Seconds} s.")]
    private partial void TakenAgain(string owner, long seconds);
}
