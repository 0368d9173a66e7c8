using System.Security.Cryptography;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Identity;
using PmOrleans.Node.Log;
using PmOrleans.Node.Port;
using PmOrleans.Node.Time;

namespace PmOrleans.Node.Engine;

/// <content>Taking touchpoints into the queue of a cluster.</content>
public sealed partial class NodeEngine
{
    /// <summary>
    /// Checks touchpoints as those that are applied at once and queues those that pass, all in one transaction. Where there is no queue they are applied: the
    /// stronger promise.
    /// </summary>
    public async ValueTask<Reply<IngestAnswer>> QueueAsync(IReadOnlyList<Touchpoint?> touchpoints, CancellationToken cancellation = default)
    {
        if (_host.Queue is not { } queue)
        {
            return await IngestAsync(touchpoints, cancellation);
        }

        if (Volatile.Read(ref _environment) is not { } environment)
        {
            return NoCatalog();
        }

        if (queue.Full() is { } full)
        {
            _metrics.CountRefused("queue-backlog");
            return new Refusal(RefusalKind.Overloaded, full, RetryAfter: TimeSpan.FromSeconds(2));
        }

        var rejected = new List<RejectedTouchpoint>();
        var good = new List<Touchpoint>(touchpoints.Count);
        var now = _time.NowMicros();
        for (var i = 0; i < touchpoints.Count; i++)
        {
            if (touchpoints[i] is not { } touchpoint)
            {
                continue;
            }

            if (RequestChecks.Check(touchpoint, environment.Catalog, now) is { } errors)
            {
                rejected.Add(new RejectedTouchpoint(i, errors));
            }
            else
            {
                good.Add(touchpoint);
            }
        }

        try
        {
            if (good.Count > 0)
            {
                await queue.AddAsync(good);
            }
        }
        catch (NodeLogException unavailable)
        {
            _metrics.CountRefused("log");
            return Failure(new LogFailure(unavailable.Error == NodeLogError.Fenced ? LogFailureKind.Fenced : LogFailureKind.Unavailable, unavailable.Message));
        }

        _metrics.CountQueued(good.Count);
        _metrics.CountTouchpoints(0, 0, rejected.Count);
        return new IngestAnswer(0, 0, good.Count(touchpoint => touchpoint.MessageId is null), rejected) { Queued = good.Count };
    }

    /// <summary>
    /// An id of whom nothing is known but what is queued under it: that goes, and a tombstone drops what is on its way to the customer at this moment. What has
    /// arrived meanwhile is seen by the next look at the customer.
    /// </summary>
    private async Task EraseQueuedAsync(UInt128 idHash)
    {
        // Nobody's key: there is nothing in the log.
        var nobody = CustomerKey.Read(RandomNumberGenerator.GetBytes(CustomerKey.Size));
        var at = _time.NowMicros();
        await _log.WriteAsync(transaction => transaction.Erase(nobody, [new TombstoneRow(idHash, at, [])]));
        await ForgetEverywhereAsync(idHash);
    }
}
