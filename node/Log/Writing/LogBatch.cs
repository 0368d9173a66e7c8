using PmOrleans.Decisioning.Identity;

namespace PmOrleans.Node.Log.Writing;

/// <summary>What one transaction writes. One instance serves the writer for ever.</summary>
internal sealed class LogBatch
{
    /// <summary><see cref="PendingAppend"/> or <see cref="WorkItem"/>, in queue order.</summary>
    public List<object> Entries { get; } = [];

    /// <summary>The records that were inserted, in sequence order.</summary>
    public List<PendingAppend> Inserted { get; } = [];

    /// <summary>Records that the rest of the batch does without.</summary>
    public Dictionary<PendingAppend, LogFailure> Refused { get; } = new(ReferenceEqualityComparer.Instance);

    /// <summary>Customers with a refused record: what they have behind it must go as well.</summary>
    public Dictionary<CustomerKey, LogFailure> Clashed { get; } = [];

    public int Records { get; set; }

    public long Bytes { get; set; }

    /// <summary>Some work item left something in the transaction.</summary>
    public bool HasWork { get; set; }

    /// <summary>Somebody waits for the disk (work, a flush), under asynchronous commits as well.</summary>
    public bool HasBarrier { get; set; }

    public void Refuse(PendingAppend record, LogFailure failure)
    {
        Refused[record] = failure;
        if (!record.Customer.IsNone)
            Clashed.TryAdd(record.Customer, new LogFailure(LogFailureKind.Predecessor, $"A record before it failed: {failure.Detail}"));
    }

    /// <summary>Refuses a record whose customer has a refused one before it in this batch; false when it has none.</summary>
    public bool RefuseFollower(PendingAppend record)
    {
        if (Clashed.Count == 0 || !Clashed.TryGetValue(record.Customer, out var predecessor)) return false;
        Refused[record] = predecessor;
        return true;
    }

    /// <summary>The work is not done: refuses the record that it belongs to, if there is one, inserted last or not at all.</summary>
    public void RefuseRecordOf(WorkItem item, Exception exception)
    {
        if (item.Record is not { } record) return;
        if (Inserted.Count > 0 && Inserted[^1] == record) Inserted.RemoveAt(Inserted.Count - 1);
        Refuse(record, new LogFailure(LogFailureKind.Unavailable, exception.Message));
    }

    /// <summary>Why work is not done: the record that it belongs to is refused.</summary>
    public NodeLogException? RefusalOf(WorkItem item) =>
        item.Record is { } record && Refused.TryGetValue(record, out var failure) ? WorkItem.ToException(failure) : null;

    /// <summary>The same entries are to be written once more.</summary>
    public void ForgetOutcome()
    {
        Inserted.Clear();
        Refused.Clear();
        Clashed.Clear();
    }

    public void Clear()
    {
        Entries.Clear();
        ForgetOutcome();
        Records = 0;
        Bytes = 0;
        HasWork = false;
        HasBarrier = false;
    }
}
