using PmOrleans.Decisioning.Identity;

namespace PmOrleans.Node.Log;

/// <summary>One command's facts on their way to the log: written whole or not at all.</summary>
/// <remarks>Subclassed by whoever waits for the commit, so that a command costs one object. The buffers belong to the record until completion.</remarks>
public abstract class PendingAppend
{
    /// <summary>Whose facts these are; <c>default</c> for a record of the node itself (leases, publishes, pauses).</summary>
    public CustomerKey Customer { get; set; }

    /// <summary>1, 2, 3 … within the customer; the second line of defence against two writers. 0 for a record of the node.</summary>
    public long CustomerSequence { get; set; }

    /// <summary>Customer time of the command, Unix microseconds.</summary>
    public long AtMicros { get; set; }

    /// <summary>The accounting parts: campaign, offer, amount, probability, reward. Never empty.</summary>
    public ReadOnlyMemory<byte> Accounting { get; set; }

    /// <summary>The personal parts under the customer's own key (ciphertext); may be empty.</summary>
    public ReadOnlyMemory<byte> Personal { get; set; }

    /// <summary>Identities to be written with the record: the first record of a customer carries one, an alias adds another.</summary>
    public IdentityRow? Identity { get; set; }

    /// <summary>Keyed hash of the decision id when the record holds a decision; unique over the whole log. 0 for none.</summary>
    public UInt128 DecisionHash { get; set; }

    /// <summary>Given by the writer when the record's transaction begins.</summary>
    public long Sequence { get; internal set; }

    /// <summary>Work of its own follows it in the queue: both are written or neither.</summary>
    internal bool HasWork { get; set; }

    /// <summary>Asked under the writer's queue lock: may this record still go in? False once a record it builds on has failed.</summary>
    public virtual bool Admit() => true;

    /// <summary>The record is durable.</summary>
    public abstract void Committed();

    /// <summary>
    /// The record is certainly not in the log and never will be. Called under the writer's queue lock for all that was queued, before anything
    /// new is admitted, so that the memory built on it can be marked as void in time.
    /// </summary>
    public abstract void Failed(LogFailure failure);
}
