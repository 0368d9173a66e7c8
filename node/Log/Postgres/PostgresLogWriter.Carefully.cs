using Npgsql;
using PmOrleans.Node.Log.Writing;

namespace PmOrleans.Node.Log.Postgres;

/// <content>A batch in which something clashes, or that does what may be refused: step by step, in the order of the queue.</content>
internal sealed partial class PostgresLogWriter
{
    /// <summary>An erasure takes as long as the history is, 10 us a record; one that is longer than the server's usual limit must go as well.</summary>
    private const int MostEraseSeconds = 600;

    private readonly List<PendingAppend> _run = [];
    private readonly List<(WorkItem Item, Exception Fault)> _faults = [];

    /// <summary>
    /// One transaction. Each stretch of records is compared with what the tables hold, and what clashes is left out with all that builds on it; each work item
    /// has a savepoint, before the record it belongs to. Another node may still take a key between the look and the insert: then the caller begins anew.
    /// </summary>
    private void WriteCarefully()
    {
        _sent = false;
        Batch.ForgetOutcome();
        _faults.Clear();
        _inTransaction = true;
        using (var batch = _session.NewBatch())
        {
            batch.BatchCommands.Add(Statement.Of("BEGIN"));
            batch.BatchCommands.Add(_session.Begin(end: 0, _workMark, knownErasure: null, _erases));
            batch.ExecuteNonQuery();
        }

        _erased.ReadOn(_session.Connection);
        var sequence = Committed;
        var nextScript = 0;
        foreach (var entry in Batch.Entries)
        {
            if (entry is PendingAppend { HasWork: false } record)
            {
                _run.Add(record);
            }
            else if (nextScript < _work.Count && ReferenceEquals(_work[nextScript].Item, entry))
            {
                sequence = Run(_work[nextScript++], InsertRun(sequence));
            }
            else if (entry is WorkItem { Fault: { } thrown } item)
            {
                sequence = InsertRun(sequence);
                Batch.RefuseRecordOf(item, thrown);
            }
        }

        sequence = InsertRun(sequence);
        foreach (var (item, fault) in _faults) item.Fault = fault;
        using var commit = _session.NewBatch();
        if (Batch.Inserted.Count > 0) commit.BatchCommands.Add(_session.SetEnd(sequence));
        commit.BatchCommands.Add(Statement.Of("COMMIT"));
        _sent = true;
        commit.ExecuteNonQuery();
        _inTransaction = false;
    }

    private long InsertRun(long sequence)
    {
        if (_run.Count == 0) return sequence;
        try
        {
            HasBases = HasBases || StoreSchema.HasBases(_session.Connection, options.Schema);
            var taken = TakenKeys.Read(_session, _run, HasBases);
            _columns.Begin(sequence);
            foreach (var record in _run)
            {
                if (Batch.RefuseFollower(record)) continue;
                var failure = IsErased(record) ? Erased() : taken.Claim(record);
                if (failure is not null)
                {
                    Batch.Refuse(record, failure);
                    continue;
                }

                record.Sequence = ++sequence;
                Batch.Inserted.Add(record);
                _columns.Add(record, Node, withIdentity: record.Identity is not null && taken.IsNew(record.Identity));
            }

            if (_columns.Count == 0) return sequence;
            using var batch = _session.NewBatch();
            AddRecords(batch.BatchCommands);
            batch.ExecuteNonQuery();
            return sequence;
        }
        finally
        {
            _run.Clear();
        }
    }

    /// <returns>The sequence of the last record.</returns>
    private long Run(WorkScript script, long sequence)
    {
        _session.Execute("SAVEPOINT work");
        var last = sequence;
        if (script.Item.Record is { } record)
        {
            _run.Add(record);
            last = InsertRun(sequence);
            if (Batch.RefusalOf(script.Item) is { } refusal)
            {
                _faults.Add((script.Item, refusal));
                _session.Execute("RELEASE work");
                return sequence;
            }
        }

        try
        {
            if (script.Statements.Count > 0)
            {
                using var batch = _session.NewBatch();
                if (script.Erases) batch.Timeout = MostEraseSeconds;
                foreach (var statement in script.Statements) batch.BatchCommands.Add(statement);
                batch.ExecuteNonQuery();
            }

            if (script.Erases) _erased.ReadOn(_session.Connection);
            _snapshots.Clear();
            AddSnapshots(script);
            _queued.Clear();
            _queued.Add(script.Queued);
            using var end = _session.NewBatch();
            if (_snapshots.Count > 0) end.BatchCommands.Add(_snapshots.Save(Node));
            if (_queued.Count > 0) end.BatchCommands.Add(_queued.Insert());
            end.BatchCommands.Add(Statement.Of("RELEASE work"));
            end.ExecuteNonQuery();
            return last;
        }
        catch (PostgresException exception) when (ServerFailure.IsOfWork(exception))
        {
            _session.Execute("ROLLBACK TO work; RELEASE work");
            if (script.Erases)
            {
                _erased.Forget();
                _erased.ReadOn(_session.Connection);
            }

            var fault = ServerFailure.ExplainWork(exception);
            _faults.Add((script.Item, fault));
            Batch.RefuseRecordOf(script.Item, fault);
            return sequence;
        }
    }
}
