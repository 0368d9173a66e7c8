using System.Buffers.Binary;
using PmOrleans.Decisioning.Attribution;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Identity;
using PmOrleans.Decisioning.Profiles;
using PmOrleans.Decisioning.Segments;
using PmOrleans.Node.Log;
using PmOrleans.Node.Privacy;
using PmOrleans.Node.Time;

namespace PmOrleans.Node.Customers;

/// <summary>Whether a cell can be worked on.</summary>
public enum CellReadiness
{
    Ready,

    /// <summary>Something is on its way to the log first; flush and come again.</summary>
    WaitForLog,

    /// <summary>Taken out of memory meanwhile; look it up again.</summary>
    Evicted,

    /// <summary>Found by an alias: the customer lives in the cell of <see cref="CustomerCell.LivesAt"/>.</summary>
    LivesElsewhere,
}

/// <summary>A command that was folded and queued, or why it was not.</summary>
/// <param name="Pending"><c>null</c> when nothing had to be written.</param>
/// <param name="Refused">The log took nothing more in.</param>
public readonly record struct CommandResult<T>(T Value, PendingCommand? Pending, bool Refused);

/// <summary>
/// The commands of one customer, the same in every host: made ready, folded in memory, queued for the log, all under the cell's lock and without
/// waiting; the caller awaits the record's outcome outside it. So a hot customer pipelines.
/// </summary>
public sealed partial class CustomerCommands(INodeLog log, CustomerLoader loader, NodeHashes hashes, TimeProvider time)
{
    private readonly KeptCiphers _ciphers = new();

    /// <summary>
    /// Told of every record that failed, on the writer's thread, by a host that answers before the log does. Such a host also gives money back at once:
    /// a failure ends its run.
    /// </summary>
    public Action<LogFailure>? OnFailedBehind { get; init; }

    /// <summary>
    /// Whether a customer's key is the hash of the id the customer comes by, so that holdouts and experiments, which go by the key, assign the same in the same run again.
    /// Of real customers it is random: what is left of one who was erased must not be found by the id. So it is of who comes back erased, as the key before is taken. Default: false.
    /// </summary>
    public bool IsSimulation { get; init; }

    /// <summary>Loads, reloads or refolds as needed. Under the cell's lock.</summary>
    /// <param name="stored">What the store had of this id, when it was read already.</param>
    /// <param name="resets">The cell's <see cref="CustomerCell.Resets"/> before that: a cell that was forgotten since may have written meanwhile.</param>
    public CellReadiness Prepare(CustomerCell cell, DecisionEnvironment environment, StoredCustomer? stored = null, int resets = 0)
    {
        if (cell.IsEvicted)
        {
            return CellReadiness.Evicted;
        }

        if (cell.IsErasing)
        {
            return CellReadiness.WaitForLog;
        }

        var catalog = environment.Catalog;
        var stale = cell.State is { } state && state.DefinitionsHash != catalog.DefinitionsHash;
        if (cell.IsVoid || stale)
        {
            if (cell.Pending > 0)
            {
                return CellReadiness.WaitForLog;
            }

            if (cell.IsVoid)
            {
                cell.Reset();
            }
            else
            {
                if (!loader.TryRedefine(cell.State!, catalog))
                {
                    cell.State = loader.Refold(cell.State!.Key, cell.DataKey!, catalog);
                }

                cell.SaveAgain(log.CommittedSequence + 1);
            }
        }

        if (!cell.IsLoaded)
        {
            loader.Load(cell, catalog, cell.Resets == resets ? stored : null);
        }

        return cell.LivesAt == 0 ? CellReadiness.Ready : CellReadiness.LivesElsewhere;
    }

    /// <summary>For a customer who cannot be loaded, see <see cref="CustomerLoader.LoadRest"/>. Under the cell's lock.</summary>
    public void LoadRest(CustomerCell cell, DecisionEnvironment environment)
    {
        cell.Reset();
        loader.LoadRest(cell, environment.Catalog);
    }

    /// <summary>Customer time: never before the customer's last fact.</summary>
    public long Now(CustomerState? state) => Math.Max(time.NowMicros(), state?.LastSeenMicros ?? 0);

    /// <summary>Ends windows whose time has come and brings segments up to date. Under the cell's lock, the cell ready.</summary>
    public CommandResult<bool> Wake(CustomerCell cell, DecisionEnvironment environment)
    {
        if (cell.State is not { } state
            || (state.WindowsDueMicros > time.NowMicros() && !SegmentTracker.IsDue(state, environment, Now(state))))
        {
            return new CommandResult<bool>(false, null, false);
        }

        var scratch = CommandScratch.Current;
        scratch.Begin();
        var (now, sequence) = (Now(state), state.Sequence + 1);
        WindowExpiry.Advance(state, now, sequence, environment, scratch.Workspace, scratch.Facts);
        SegmentTracker.Advance(state, now, sequence, environment, scratch.Workspace, scratch.Facts);
        if (scratch.Facts.Count > 0)
        {
            return Queue(cell, state, scratch, true, isNew: false, default);
        }

        // Nothing changed but when to look again, and the saved due time would wake this customer for nothing until it is another.
        cell.SaveAgain(log.CommittedSequence + 1);
        return new CommandResult<bool>(false, null, false);
    }

    /// <summary>The state to work on: the customer's, or a new one that comes into being with its first record.</summary>
    private CustomerState StateFor(CustomerCell cell, DecisionEnvironment environment, out bool isNew)
    {
        isNew = cell.State is null;
        return cell.State ?? NewState(cell, environment);
    }

    private CustomerState NewState(CustomerCell cell, DecisionEnvironment environment)
    {
        Span<byte> key = stackalloc byte[CustomerKey.Size];
        if (IsSimulation && cell.Tombstone is null)
        {
            BinaryPrimitives.WriteUInt128BigEndian(key, cell.IdHash);
        }
        else
        {
            RandomBytes.Fill(key);
        }

        var state = new CustomerState(CustomerKey.Read(key));
        state.BeginDefinitions(environment.Catalog);
        return state;
    }

    /// <summary>Encodes what is in the scratch as one record and queues it; money moves with it, one way or the other.</summary>
    private CommandResult<T> Queue<T>(
        CustomerCell cell, CustomerState state, CommandScratch scratch, T value, bool isNew, UInt128 decisionHash, UInt128 aliasHash = default)
    {
        var pending = Encode(cell, state, scratch, isNew, decisionHash, aliasHash);
        return Settle(cell, scratch, value, pending, log.TryAppend(pending));
    }

    private PendingCommand Encode(CustomerCell cell, CustomerState state, CommandScratch scratch, bool isNew, UInt128 decisionHash, UInt128 aliasHash)
    {
        var facts = scratch.Facts;
        if (isNew)
        {
            cell.DataKey = PersonalCipher.NewKey();
            cell.State = state;
        }

        FactCodec.Write(facts, scratch.Accounting, scratch.Personal, scratch.Body);
        state.Prune();
        var pending = new PendingCommand(cell, Projected(facts), OnFailedBehind is null ? [.. scratch.Workspace.Moves] : [])
        {
            OnFailed = OnFailedBehind,
            Customer = state.Key,
            CustomerSequence = state.Sequence,
            AtMicros = state.LastSeenMicros,
            DecisionHash = decisionHash,
            Identity = isNew || aliasHash != 0 ? new IdentityRow(isNew ? cell.IdHash : aliasHash, state.Key, cell.DataKey!) : null,
        };
        pending.SetAccounting(scratch.Accounting.Written);
        pending.SetPersonal(scratch.Personal.Written, cell.DataKey!, _ciphers);
        cell.BeginPending();
        return pending;
    }

    /// <summary>After a record that began was queued, or was not.</summary>
    private CommandResult<T> Settle<T>(CustomerCell cell, CommandScratch scratch, T value, PendingCommand pending, bool isQueued)
    {
        if (isQueued)
        {
            if (OnFailedBehind is not null)
            {
                scratch.Workspace.Moves.ForEach(static move => move.Commit());
            }

            return new CommandResult<T>(value, pending, false);
        }

        foreach (var move in scratch.Workspace.Moves)
        {
            move.Undo();
        }

        cell.Refused();
        return new CommandResult<T>(value, null, true);
    }

    /// <summary>What the projections fold.</summary>
    private static Fact[] Projected(List<Fact> facts)
    {
        var count = 0;
        foreach (var fact in facts)
        {
            count += IsProjected(fact) ? 1 : 0;
        }

        if (count == 0)
        {
            return [];
        }

        var projected = new Fact[count];
        var at = 0;
        foreach (var fact in facts)
        {
            if (IsProjected(fact))
            {
                projected[at++] = fact;
            }
        }

        return projected;
    }

    private static bool IsProjected(Fact fact) => fact is DecisionFact or OutcomeFact or ExperimentAssignedFact or SegmentChangeFact or ErasureFact;
}
