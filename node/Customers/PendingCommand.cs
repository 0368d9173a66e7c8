using System.Buffers;
using System.Threading.Tasks.Sources;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Log;
using PmOrleans.Node.Privacy;

namespace PmOrleans.Node.Customers;

/// <summary>
/// One command's record between fold and commit: what waits for it, the money to move when it is known, the facts the projections fold. The
/// caller's answer hangs on it: memory may run ahead of the log, answers may not.
/// </summary>
public sealed class PendingCommand : PendingAppend, IValueTaskSource<LogFailure?>
{
    private readonly CustomerCell? _cell;
    private readonly LeaseMove[] _moves;
    private ManualResetValueTaskSourceCore<LogFailure?> _source = new() { RunContinuationsAsynchronously = true };
    private byte[]? _accounting;
    private byte[]? _personal;
    private int _told;

    public PendingCommand(CustomerCell? cell, Fact[] projected, LeaseMove[] moves)
    {
        _cell = cell;
        _moves = moves;
        Projected = projected;
    }

    /// <summary>The facts that projections fold; a decision's trace in them is no longer valid.</summary>
    public Fact[] Projected { get; }

    /// <summary>Called with the reason when the record fails, for a host that has answered already.</summary>
    public Action<LogFailure>? OnFailed { get; init; }

    /// <summary>Takes a copy in a pooled buffer, given back when the outcome is known.</summary>
    public void SetAccounting(ReadOnlySpan<byte> accounting)
    {
        _accounting = ArrayPool<byte>.Shared.Rent(accounting.Length);
        accounting.CopyTo(_accounting);
        Accounting = _accounting.AsMemory(0, accounting.Length);
    }

    /// <summary>Encrypts into a pooled buffer, given back when the outcome is known.</summary>
    internal void SetPersonal(ReadOnlySpan<byte> personal, byte[] dataKey, KeptCiphers ciphers)
    {
        _personal = ArrayPool<byte>.Shared.Rent(personal.Length + PersonalCipher.Overhead);
        Personal = _personal.AsMemory(0, ciphers.Encrypt(dataKey, personal, _personal));
    }

    /// <summary>
    /// Completes with <c>null</c> when the record is durable, or with the reason why it never will be; cancelled by <see cref="GiveUpOn"/>. Awaited at
    /// most once.
    /// </summary>
    public ValueTask<LogFailure?> Outcome => new(this, _source.Version);

    /// <summary>Ends the waiting, not the record, when the token is cancelled.</summary>
    public CancellationTokenRegistration GiveUpOn(CancellationToken cancellation) =>
        cancellation.UnsafeRegister(static (pending, token) => ((PendingCommand)pending!).GiveUp(token), this);

    public override bool Admit() => _cell is not { IsVoid: true };

    public override void Committed()
    {
        foreach (ref readonly var move in _moves.AsSpan())
        {
            move.Commit();
        }

        _cell?.OnCommitted(this);
        Finish(null);
    }

    public override void Failed(LogFailure failure)
    {
        foreach (ref readonly var move in _moves.AsSpan())
        {
            move.Undo();
        }

        _cell?.OnFailed();
        OnFailed?.Invoke(failure);
        Finish(failure);
    }

    LogFailure? IValueTaskSource<LogFailure?>.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<LogFailure?>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<LogFailure?>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    private void Finish(LogFailure? failure)
    {
        if (_accounting is not null)
        {
            ArrayPool<byte>.Shared.Return(_accounting);
            _accounting = null;
        }

        if (_personal is not null)
        {
            ArrayPool<byte>.Shared.Return(_personal);
            _personal = null;
        }

        Accounting = default;
        Personal = default;
        if (Interlocked.Exchange(ref _told, 1) == 0)
        {
            _source.SetResult(failure);
        }
    }

    private void GiveUp(CancellationToken cancellation)
    {
        if (Interlocked.Exchange(ref _told, 1) == 0)
        {
            _source.SetException(new OperationCanceledException(cancellation));
        }
    }
}
