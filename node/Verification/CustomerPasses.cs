using System.Collections.Concurrent;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Identity;
using PmOrleans.Node.Log;

namespace PmOrleans.Node.Verification;

/// <summary>
/// All customers, a few at a time, on as many threads as care to work; what they find is told in the order in which the customers were named, as one thread
/// would. One thread names them, also while others work.
/// </summary>
internal sealed class CustomerPasses(ILogReader reader, NodeHashes? hashes, VerifyProgress progress)
{
    /// <summary>Enough that the queue costs nothing, few enough that no thread is left with a long rest.</summary>
    private const int Chunk = 64;

    private readonly BlockingCollection<(int Number, CustomerKey[] Customers)> _waiting = [];
    private readonly ConcurrentDictionary<int, FindingList> _found = new();
    private List<CustomerKey> _open = new(Chunk);
    private int _chunks;
    private long _erased;
    private long _capChecks;
    private long _snapshots;

    public long Erased => Interlocked.Read(ref _erased);

    public long CapChecks => Interlocked.Read(ref _capChecks);

    public long Snapshots => Interlocked.Read(ref _snapshots);

    public void Name(CustomerKey customer)
    {
        _open.Add(customer);
        if (_open.Count == Chunk)
        {
            Hand();
        }
    }

    /// <summary>There are no more.</summary>
    public void Complete()
    {
        Hand();
        _waiting.CompleteAdding();
    }

    /// <summary>Verifies customers until all that were named are done and no more will be.</summary>
    /// <param name="catalogs">The thread's own.</param>
    public void Work(PublishedCatalogs catalogs, CancellationToken cancellation)
    {
        foreach (var (number, customers) in _waiting.GetConsumingEnumerable(cancellation))
        {
            var findings = new FindingList();
            foreach (var customer in customers)
            {
                cancellation.ThrowIfCancellationRequested();
                Verify(customer, catalogs, findings);
            }

            _found[number] = findings;
        }
    }

    public void Tell(FindingList findings)
    {
        for (var number = 0; number < _chunks; number++)
        {
            findings.AddAll(_found[number]);
        }
    }

    private void Verify(CustomerKey customer, PublishedCatalogs catalogs, FindingList findings)
    {
        var (its, pass) = Read();
        if (its.Totals.Count > 0 && pass.IsErasedMeanwhile(customer))
        {
            // What was read before an erasure and what was read behind it do not go together.
            (its, pass) = Read();
        }

        findings.AddAll(its);
        Interlocked.Add(ref _erased, pass.Erased);
        Interlocked.Add(ref _capChecks, pass.CapChecks);
        Interlocked.Add(ref _snapshots, pass.Snapshots);
        progress.Add(pass.Records);

        (FindingList Its, CustomerPass Pass) Read()
        {
            var list = new FindingList();
            var read = new CustomerPass(reader, hashes, catalogs, list);
            read.Verify(customer);
            return (list, read);
        }
    }

    private void Hand()
    {
        if (_open.Count > 0)
        {
            _waiting.Add((_chunks++, [.. _open]));
            _open = new List<CustomerKey>(Chunk);
        }
    }
}
