using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Log;

namespace PmOrleans.Node.Customers;

/// <summary>Records of the node itself: leases, pauses. They belong to no customer and have no personal part.</summary>
internal static class NodeRecords
{
    /// <summary>Writes one fact as a record; it is durable when this completes.</summary>
    /// <exception cref="NodeUnavailableException">It is not in the log and never will be.</exception>
    public static async Task AppendNodeFactAsync(this INodeLog log, Fact fact, long atMicros)
    {
        var pending = Record(fact, atMicros);
        if (!log.TryAppend(pending))
        {
            throw new NodeUnavailableException("the log takes nothing in now");
        }

        if (await pending.Outcome is { } failure)
        {
            throw new NodeUnavailableException(failure.Detail);
        }
    }

    /// <summary>Writes one fact as a record, and with it in one transaction what it makes of a value; both are durable when this completes.</summary>
    /// <exception cref="NodeLogException">Neither is in the log, nor ever will be.</exception>
    /// <exception cref="InvalidOperationException">The work was refused, and the fact with it.</exception>
    public static Task AppendNodeFactAsync(this INodeLog log, Fact fact, long atMicros, Action<ILogTransaction> work)
    {
        log.TryAppend(Record(fact, atMicros), work, out var written);
        return written;
    }

    private static PendingCommand Record(Fact fact, long atMicros)
    {
        using var accounting = new ByteWriter();
        using var personal = new ByteWriter();
        using var body = new ByteWriter();
        FactCodec.Write([fact], accounting, personal, body);
        var pending = new PendingCommand(null, [fact], []) { AtMicros = atMicros };
        pending.SetAccounting(accounting.Written);
        return pending;
    }
}
