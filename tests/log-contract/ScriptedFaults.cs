using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Log;
using PmOrleans.Node.Log.Sqlite;
using PmOrleans.Node.Log.Writing;
using SQLitePCL;

namespace PmOrleans.Node.Tests.Log;

/// <summary>Fails where a test says so; also a place to stop the writer.</summary>
internal sealed class ScriptedFaults : LogFaults
{
    private int _commits;

    public Action? AtOpening { get; set; }

    public Action? AtBegin { get; set; }

    public Action<PendingAppend>? AtInsert { get; set; }

    public Action? AtCommit { get; set; }

    public Action? InsteadOfCommit { get; set; }

    public Action? AtCommitted { get; set; }

    /// <summary>The writer's connection; to be used inside the hooks only.</summary>
    public SqliteDatabase? Database { get; private set; }

    public int Commits => Volatile.Read(ref _commits);

    public static void Fail() => throw new SqliteStoreException(raw.SQLITE_IOERR, "scripted");

    public void Disarm()
    {
        AtOpening = AtBegin = AtCommit = InsteadOfCommit = AtCommitted = null;
        AtInsert = null;
    }

    /// <summary>Stops the writer at its next BEGIN until the gate is opened; completes when it stands there.</summary>
    public Task StopAtBegin(ManualResetEventSlim gate)
    {
        var standing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        AtBegin = () =>
        {
            AtBegin = null;
            standing.SetResult();
            gate.Wait();
        };
        return standing.Task;
    }

    /// <summary>Stops the writer that commits a record with such facts, behind its transaction, until the gate is opened; completes when it stands there.</summary>
    public Task StopBehind(ManualResetEventSlim gate, Predicate<IReadOnlyList<Fact>> isIt)
    {
        var standing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Thread? writer = null;
        AtInsert = record =>
        {
            if (isIt(FactCodec.Read(record.Accounting.Span, []))) writer = Thread.CurrentThread;
        };
        AtCommitted = () =>
        {
            if (Thread.CurrentThread != writer) return;
            writer = null;
            standing.SetResult();
            gate.Wait();
        };
        return standing.Task;
    }

    public override void Opening() => AtOpening?.Invoke();

    public override void Opened(IDisposable connection) => Database = connection as SqliteDatabase;

    public override void BeforeBegin() => AtBegin?.Invoke();

    public override void BeforeInsert(PendingAppend record) => AtInsert?.Invoke(record);

    public override void BeforeCommit()
    {
        Interlocked.Increment(ref _commits);
        AtCommit?.Invoke();
    }

    public override void Committing() => InsteadOfCommit?.Invoke();

    public override void AfterCommit() => AtCommitted?.Invoke();
}
