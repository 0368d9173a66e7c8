using System.Collections.Concurrent;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Identity;
using PmOrleans.Node.Log;

namespace PmOrleans.Node.Owners;

/// <summary>
/// Brings one node's log to one owner: records as they are committed, or out of the store where they were missed. The owner's word on where it stands counts;
/// when it is not where it was thought to be, what lies between is read again.
/// </summary>
/// <param name="rows">The node's log.</param>
/// <param name="begin">An empty delta after a sequence.</param>
/// <param name="send">One exchange with the owner; the report comes without what the reporter knows.</param>
internal sealed class RangeFeed(string node, long epoch, ILogReader rows, Func<long, RangeDelta> begin, Func<RangeReport, ValueTask<RangeAnswer>> send)
{
    private const int Page = 2_000;

    /// <summary>Records read from the store for one report: what an owner folds in some hundredths of a second.</summary>
    private const int MostRead = 20_000;

    private readonly ConcurrentQueue<(long Sequence, long Epoch, CustomerKey Customer, long CustomerSequence, Fact[] Facts)> _committed = new();
    private RangeDelta? _sending;
    private RangeDelta? _open;
    private byte[] _bytes = [];
    private long _acked = -1;

    /// <summary>Last sequence that the owner has folded, as far as is known; -1 before the first answer.</summary>
    public long Acked => Interlocked.Read(ref _acked);

    /// <summary>On the log's writer, in order.</summary>
    public void Add(long sequence, long ofEpoch, CustomerKey customer, long customerSequence, Fact[] facts) =>
        _committed.Enqueue((sequence, ofEpoch, customer, customerSequence, facts));

    /// <summary>What was put together is void: it means something else now.</summary>
    public void Forget() => Interlocked.Exchange(ref _acked, -1);

    /// <summary>One exchange. One caller at a time.</summary>
    /// <param name="until">Last sequence of the log that is committed.</param>
    /// <exception cref="Customers.NodeUnavailableException">The owner cannot be reached.</exception>
    /// <exception cref="NodeLogException">The log cannot be read.</exception>
    public async Task<RangeAnswer> StepAsync(long until)
    {
        if (Acked < 0)
        {
            (_sending, _open) = (null, null);
        }

        if (_open is null)
        {
            var stands = await send(new RangeReport(node, epoch, -1, -1, []));
            _open = begin(stands.Watermark);
            Interlocked.Exchange(ref _acked, stands.Watermark);
            return stands;
        }

        Gather(_open, until);
        if (_sending is null && !_open.IsEmpty)
        {
            (_sending, _open) = (_open, begin(_open.To));
            _bytes = _sending.ToArray();
        }

        var (from, to) = _sending is { } range ? (range.From, range.To) : (_open.From, _open.From);
        var answer = await send(new RangeReport(node, epoch, from, to, _sending is null ? [] : _bytes));
        if (answer.Watermark == to)
        {
            // Folded now, or by an earlier attempt whose answer was lost.
            (_sending, _bytes) = (null, []);
        }
        else
        {
            (_sending, _bytes, _open) = (null, [], begin(answer.Watermark));
        }

        Interlocked.Exchange(ref _acked, answer.Watermark);
        return answer;
    }

    private void Gather(RangeDelta open, long until)
    {
        while (_committed.TryPeek(out var record))
        {
            if (record.Sequence > open.To + 1)
            {
                break;
            }

            _committed.TryDequeue(out _);
            if (record.Sequence == open.To + 1)
            {
                open.Apply(record.Sequence, record.Epoch, record.Customer, record.CustomerSequence, record.Facts);
            }
        }

        for (var read = 0; open.To < until && read < MostRead;)
        {
            var page = rows.ReadRange(open.To, Page);
            foreach (var row in page.TakeWhile(row => row.Sequence <= until))
            {
                open.Apply(row.Sequence, row.Epoch, row.Customer, row.CustomerSequence, FactCodec.Read(row.Accounting, []));
            }

            read += page.Count;
            if (page.Count < Page)
            {
                break;
            }
        }
    }
}
