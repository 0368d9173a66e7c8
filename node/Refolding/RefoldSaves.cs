using PmOrleans.Node.Log;

namespace PmOrleans.Node.Refolding;

/// <summary>Saves of one shard of a pass: while the log's writer has some lots, the next is being folded. No more than these are in memory.</summary>
/// <param name="onSaved">Told how many are on disk.</param>
internal sealed class RefoldSaves(INodeLog log, Action<int> onSaved)
{
    /// <summary>One that is being written, and one behind those of other threads.</summary>
    private const int MostUnderWay = 2;

    private readonly Queue<Task> _underWay = new(MostUnderWay);

    /// <summary>Queues a lot as one transaction, once there is room for it.</summary>
    /// <exception cref="NodeLogException">One of them was not written.</exception>
    public async Task AddAsync(List<SnapshotRow> folded)
    {
        if (_underWay.Count == MostUnderWay)
        {
            await _underWay.Dequeue();
        }

        if (folded.Count > 0)
        {
            _underWay.Enqueue(SaveAsync(folded));
        }
    }

    /// <summary>Completes when all of them are on disk.</summary>
    /// <exception cref="NodeLogException">One of them was not written.</exception>
    public Task EndAsync() => Task.WhenAll(_underWay);

    private async Task SaveAsync(List<SnapshotRow> folded)
    {
        await log.WriteAsync(transaction =>
        {
            foreach (var row in folded)
            {
                transaction.SaveSnapshot(row);
            }
        });
        onSaved(folded.Count);
    }
}
