using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Npgsql;
using PmOrleans.Node.Log.Writing;

namespace PmOrleans.Node.Log.Postgres;

/// <summary>
/// Writes into the database of a cluster. The usual transaction is one round trip: fence, records, ids, snapshots, in one pipelined batch. Where a key turns out
/// to be taken, the batch is written once more with care (<see cref="WriteCarefully"/>), which finds out who is to blame.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "Its thread owns the connection and closes it.")]
internal sealed partial class PostgresLogWriter(PostgresLogOptions options, NpgsqlDataSource source, LogQueue queue, LogGauges gauges)
    : LogWriter(options, queue, gauges)
{
    /// <summary>Nodes that want the same keys are told apart by some rounds; beyond that the store is not well.</summary>
    private const int MostAttempts = 25;

    private readonly RecordColumns _columns = new();
    private readonly SnapshotColumns _snapshots = new();
    private readonly QueueColumns _queued = new();
    private readonly List<WorkScript> _work = [];
    private readonly ErasedKeys _erased = new();
    private readonly byte[] _room = RandomNumberGenerator.GetBytes(64 << 10);
    private WriterSession _session = null!;
    private long _begin;
    private long _workMark;
    private int _process;
    private bool _careful;
    private bool _erases;
    private bool _inTransaction;
    private bool _sent;
    private bool _reopen;
    private volatile bool _hasBases;

    /// <summary>The number that stands for the node's name.</summary>
    public short Node { get; private set; }

    /// <summary>Whether the store is known to be one that is cut.</summary>
    public bool HasBases
    {
        get => _hasBases;
        set => _hasBases = value;
    }

    protected override long Open()
    {
        var connection = source.OpenConnection();
        try
        {
            StoreSchema.Ensure(connection, options.Schema);
            if (!StoreLock.TryShare(connection, options.Schema)) throw new NodeLogException(NodeLogError.InUse, $"The logs of the store in schema '{options.Schema}' are being cut.");
            Enter(connection);
            Secret = StoreSchema.ReadSecret(connection);
            var start = EpochStart.Begin(connection, options.Node, options.IsAlone);
            (Node, Epoch) = (start.Node, start.Epoch);
            _erased.ReadOn(connection);
            _begin = start.End;
            _session = WriterSession.Take(connection, Node, Epoch);
            Faults.Opened(connection);
            return start.End;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Nothing is sent yet: work runs and says what it wants, records become columns.</summary>
    protected override void Prepare()
    {
        _sent = false;
        _careful = false;
        _erases = false;
        _work.Clear();
        _columns.Begin(Committed);
        var sequence = Committed;
        foreach (var entry in Batch.Entries)
        {
            if (entry is WorkItem item) sequence = Collect(item, sequence);
            else if (entry is PendingAppend { HasWork: false } record) sequence = Add(record, sequence);
        }

        if (Batch.HasWork) _workMark++;
        Faults.BeforeCommit();
    }

    protected override void Commit()
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                if (_careful) WriteCarefully();
                else Send();
                return;
            }
            catch (Exception exception) when (ServerFailure.IsSealed(exception))
            {
                Rollback();
                throw new SealedException();
            }
            catch (Exception exception) when (ServerFailure.IsClash(exception) && attempt < MostAttempts)
            {
                Rollback();
                if (_reopen) throw;
                _careful = true;
            }
        }
    }

    protected override bool IsCertainlyUndone(Exception exception) =>
        ServerFailure.IsRefusal(exception) || (!_sent && ServerFailure.IsServer(exception));

    protected override bool IsStoreFailure(Exception exception) => ServerFailure.IsServer(exception);

    protected override void Rollback()
    {
        if (_erases) _erased.Forget();
        try
        {
            if (_inTransaction) _session.Execute("ROLLBACK");
            _inTransaction = false;
            if (_session.Connection.State != System.Data.ConnectionState.Open) Abandon();
        }
        catch (Exception exception) when (ServerFailure.IsServer(exception) || exception is InvalidOperationException)
        {
            Abandon();
        }
    }

    protected override void Abandon() => _reopen = true;

    /// <summary>Final, since the new connection has its number: what the old one left on its way is refused when it arrives.</summary>
    protected override bool ReadOutcome()
    {
        if (_erases) _erased.Forget();
        Reopen();
        Faults.BeforeBegin();
        return Batch.Inserted.Count > 0 ? _session.End >= Batch.Inserted[^1].Sequence : !Batch.HasWork || _session.Work >= _workMark;
    }

    protected override bool IsSealed() => _session.IsSealed;

    protected override string? Loss => _session.Loss;

    protected override void Prove()
    {
        try
        {
            if (_reopen) Reopen();
            if (_session.IsSealed) throw new SealedException();
            ProveSpace();
            Touch();
        }
        catch (Exception exception) when (ServerFailure.IsServer(exception))
        {
            Abandon();
            throw;
        }
    }

    protected override void SetSync(bool sync) => _session.Execute(sync ? "SET synchronous_commit=on" : "SET synchronous_commit=off");

    protected override void Touch()
    {
        try
        {
            using var batch = _session.NewBatch();
            batch.BatchCommands.Add(_session.Begin(end: 0, _workMark, knownErasure: null, erases: false));
            batch.ExecuteNonQuery();
        }
        catch (Exception exception) when (ServerFailure.IsSealed(exception))
        {
            throw new SealedException();
        }
    }

    protected override void CloseStore()
    {
        if (IsHealthy)
        {
            try
            {
                Sync();
            }
            catch (Exception exception) when (exception is SealedException || ServerFailure.IsServer(exception))
            {
                // The server writes its own log to the disk within a moment, as the option says.
            }
        }

        _session.Dispose();
        source.Dispose();
    }

    /// <summary>The whole transaction in one round trip: the statements of a batch without BEGIN are one transaction, committed behind the last.</summary>
    private void Send()
    {
        using var batch = _session.NewBatch();
        var commands = batch.BatchCommands;
        commands.Add(_session.Begin(_columns.Count > 0 ? Batch.Inserted[^1].Sequence : 0, _workMark, _erased.Known, erases: false));
        AddRecords(commands);
        _snapshots.Clear();
        _queued.Clear();
        foreach (var script in _work)
        {
            foreach (var statement in script.Statements) commands.Add(statement);
            AddSnapshots(script);
            _queued.Add(script.Queued);
        }

        if (_snapshots.Count > 0) commands.Add(_snapshots.Save(Node));
        if (_queued.Count > 0) commands.Add(_queued.Insert());
        _sent = true;
        batch.ExecuteNonQuery();
    }

    private void AddRecords(NpgsqlBatchCommandCollection commands)
    {
        if (_columns.Count > 0) commands.Add(_columns.InsertFacts(Node, Epoch));
        if (_columns.HasDecisions) commands.Add(_columns.InsertDecisions());
        if (_columns.HasIdentities) commands.Add(_columns.InsertIdentities());
    }

    private void AddSnapshots(WorkScript script)
    {
        foreach (var snapshot in script.Snapshots)
        {
            if (!_erased.Contains(snapshot.Customer)) _snapshots.Add(snapshot);
        }
    }

    private long Add(PendingAppend record, long sequence)
    {
        if (Batch.RefuseFollower(record)) return sequence;
        Faults.BeforeInsert(record);
        if (IsErased(record))
        {
            Batch.Refuse(record, Erased());
            return sequence;
        }

        record.Sequence = sequence + 1;
        Batch.Inserted.Add(record);
        _columns.Add(record, Node, withIdentity: true);
        return sequence + 1;
    }

    private long Collect(WorkItem item, long sequence)
    {
        if (item.IsBarrier) return sequence;
        if (item.IsCancelled)
        {
            item.Cancel();
            return sequence;
        }

        var script = new WorkScript(item, Node);
        try
        {
            script.Collect();
        }
        catch (Exception exception)
        {
            item.Fault = exception;
            Batch.RefuseRecordOf(item, exception);
            return sequence;
        }

        if (item.Record is { } record) sequence = Add(record, sequence);

        // Step by step, the work of a refused record is left out.
        _careful |= script.MayBeRefused || Batch.RefusalOf(item) is not null;
        _work.Add(script);
        _erases |= script.Erases;
        Batch.HasWork = true;
        return sequence;
    }

    /// <summary>Behind an erasure nothing comes but from a state of before it: refused where the record that has its number may be cut, and the customer's base with it.</summary>
    private bool IsErased(PendingAppend record) =>
        _erased.Contains(record.Customer) && (record.Identity is not null || !record.Personal.IsEmpty || HasBases);

    private static LogFailure Erased() => new(LogFailureKind.Erased, "The customer was erased.");

    /// <summary>Takes the room of a good batch and gives it back: throws while the disk is full.</summary>
    private void ProveSpace()
    {
        _inTransaction = true;
        using var batch = _session.NewBatch();
        batch.BatchCommands.Add(Statement.Of("BEGIN"));
        batch.BatchCommands.Add(Statement.Of("INSERT INTO value VALUES($1, 'node.room', $2)", Statement.Small(Node), Statement.Bytes(_room)));
        batch.BatchCommands.Add(Statement.Of("ROLLBACK"));
        batch.ExecuteNonQuery();
        _inTransaction = false;
    }

    private void Enter(NpgsqlConnection connection)
    {
        try
        {
            _process = StoreLock.Enter(connection, options.Schema, options.IsAlone);
        }
        catch (PostgresException taken) when (taken.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            RefuseOthers(connection);
            throw new NodeLogException(
                NodeLogError.InUse,
                $"The schema '{options.Schema}' is open in {(options.IsAlone ? "another process" : "a process that has it to itself")}: end that first.",
                taken);
        }

        RefuseOthers(connection);
    }

    private void RefuseOthers(NpgsqlConnection connection)
    {
        if (options.IsAlone && EpochStart.OtherNodes(connection, options.Node) is { Count: > 0 } others)
        {
            throw new NodeLogException(
                NodeLogError.InUse, $"The schema '{options.Schema}' has the logs of {string.Join(", ", others)}: a cluster's store is no store of one process.");
        }
    }

    private void Reopen()
    {
        _reopen = true;
        _inTransaction = false;
        _session.Dispose();
        Faults.Opening();
        var connection = source.OpenConnection();
        try
        {
            Faults.Opened(connection);
            StoreLock.Share(connection, options.Schema);
            _session = WriterSession.Take(connection, Node, Epoch, _begin, Committed);
            if (!_session.IsSealed)
            {
                StoreLock.EndEarlier(connection, options.Schema, _process);
                _process = StoreLock.Enter(connection, options.Schema, options.IsAlone);
            }

            ResetSync();
            _reopen = false;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}
