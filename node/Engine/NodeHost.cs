using PmOrleans.Node.Leases;
using PmOrleans.Node.Projections;
using PmOrleans.Node.Queue;

namespace PmOrleans.Node.Engine;

/// <summary>What an engine gets from the host it runs in. The defaults are those of a node that is alone: it reaches its customers, folds its log and owns the money itself.</summary>
public sealed record NodeHost
{
    /// <summary>
    /// Wakes a customer, by the keyed hash of its outside id, wherever its cell is; ends in <see cref="NodeEngine.WakeAsync"/> of the node that has it.
    /// Default: here.
    /// </summary>
    public Func<UInt128, ValueTask>? Wake { get; init; }

    /// <summary>
    /// The same for a sweep that may leave nobody out; ends in <see cref="NodeEngine.VisitAsync"/>. <c>false</c> when that said so, or could not be reached; then it is called
    /// again. Default: here.
    /// </summary>
    public Func<UInt128, ValueTask<bool>>? Visit { get; init; }

    /// <summary>
    /// Makes the node that has the cell of an id look it up anew, by the id's keyed hash; ends in <see cref="NodeEngine.ForgetAsync"/> there. Nobody waits for
    /// it: whoever writes by what is out of date is refused by the log. Default: here.
    /// </summary>
    public Func<UInt128, ValueTask>? Forget { get; init; }

    /// <summary>Tells the other nodes that there is something to follow (<see cref="NodeEngine.FollowAsync"/>); they would find out by themselves a little later. Default: there are none.</summary>
    public Func<ValueTask>? Announce { get; init; }

    /// <summary>Where touchpoints wait that are answered before they are applied. Default: nowhere; all of them are applied.</summary>
    public TouchpointQueue? Queue { get; init; }

    /// <summary>Ledgers and models as this node knows them. Default: the fold of its own log.</summary>
    public Func<NodeEngine, IAccounts>? Accounts { get; init; }

    /// <summary>
    /// Whether another node is there on which an owner can be. A node that stops waits for the owners to take what is left of its log, but not when it is the last one:
    /// its next start tells them. Default: one is.
    /// </summary>
    public Func<bool>? HasPeers { get; init; }

    /// <summary>Who owns the campaigns' money. Default: this process.</summary>
    public Func<NodeEngine, IBudgetOwner>? Budgets { get; init; }
}
