using PmOrleans.Node.Log;

namespace PmOrleans.Node.Refolding;

/// <summary>Saves of one thread of a pass: while the log's writer has one lot, the next is being folded. No more than these two are in memory.</summary>
/// <param name="onSaved">Told how many are on disk.</param>
internal sealed class RefoldSaves(INodeLog log, Action<int> onSaved)
{
    private Task _underWay = Task.CompletedTask;

    /// <summary>Queues a lot as one transaction, once the one before it is on disk.</summary>
    /// <exception cref="NodeLogException">One of them was not written.</exception>
    public async Task AddAsync(List<SnapshotRow> folded)
    {
        await _underWay;
        if (folded.Count > 0)
        {
            _underWay = SaveAsync(folded);
        }
    }

    /// <summary>Completes when all of them are on disk.</summary>
    /// <exception cref="NodeLogException">One of them was not written.</exception>
    public Task EndAsync() => _underWay;

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
