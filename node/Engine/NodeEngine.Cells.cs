using System.Security.Cryptography;
using PmOrleans.Decisioning.Codec;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Node.Customers;
using PmOrleans.Node.Log;
using PmOrleans.Node.Port;

namespace PmOrleans.Node.Engine;

/// <content>Work on one live customer: found, loaded, under its lock.</content>
public sealed partial class NodeEngine
{
    /// <summary>At a customer who has to be waited for, or is not where the id leads.</summary>
    private const int MostLooks = 50;

    /// <summary>The store cannot be written or read now: refused with 503, whichever way it came to light.</summary>
    private static bool IsOutage(Exception exception) => exception is NodeUnavailableException or NodeLogException;

    /// <summary>What the store has of a customer cannot be read. That customer cannot be served or woken, which is told to whoever asks for them.</summary>
    private static bool IsDamage(Exception exception) => exception is CorruptDataException or CryptographicException;

    /// <summary>Why somebody cannot be answered.</summary>
    private static bool IsUnreadable(Exception exception) => IsOutage(exception) || IsDamage(exception);

    private Refusal Unreadable(Exception reason) => IsDamage(reason)
        ? new Refusal(RefusalKind.Unavailable, $"what the store has of this customer cannot be read ({reason.Message.TrimEnd('.')}); nothing was applied, and `verify` says what is damaged")
        : Failure(new LogFailure(LogFailureKind.Unavailable, reason.Message));

    /// <summary>
    /// Whether a record failed for nothing but what it was folded on, so that it certainly is not in the log and may be folded again: its predecessor
    /// (a repeated decision id, say) was refused, before it was queued or behind it; or its id has become the alias of a customer, or its customer was
    /// erased by another id, meanwhile; or another node, which had the customer before or has it now, has written first.
    /// </summary>
    private bool MayTryAgain(LogFailure failure, int attempt) =>
        attempt < MostAttempts
        && _log.Health == LogHealth.Healthy
        && ((failure.Kind == LogFailureKind.SequenceClash && _host.Budgets is not null) || failure.Kind is LogFailureKind.Predecessor or LogFailureKind.IdentityClash or LogFailureKind.Erased || ReferenceEquals(failure, TakesNothing));

    private ValueTask<T> WithCellAsync<T>(UInt128 idHash, Func<CustomerCell, DecisionEnvironment, T> work) =>
        WithCellAsync(idHash, work, static (cell, environment, work) => work(cell, environment));

    /// <summary>Works on a customer under its lock, once whatever must come first has come.</summary>
    /// <param name="input">Handed to <paramref name="work"/>, which then need not be made anew for each call.</param>
    /// <exception cref="CorruptDataException">What the store has of the customer cannot be read; a <see cref="System.Security.Cryptography.CryptographicException"/> says so as well.</exception>
    private async ValueTask<T> WithCellAsync<TInput, T>(UInt128 idHash, TInput input, Func<CustomerCell, DecisionEnvironment, TInput, T> work)
    {
        var asked = idHash;
        for (var attempt = 0; ; attempt++)
        {
            var cell = _directory.Get(idHash);
            if (!cell.IsLoaded)
            {
                await LoadAsync(cell, mayBeNew: idHash == asked);
            }

            CellReadiness readiness;
            UInt128 home;
            lock (cell)
            {
                var environment = Volatile.Read(ref _environment)!;
                readiness = _commands.Prepare(cell, environment);
                home = cell.LivesAt;
                if (readiness == CellReadiness.Ready && idHash != asked && cell.State is null)
                {
                    // Erased meanwhile: what was an alias is an id of its own again.
                    (readiness, home) = (CellReadiness.LivesElsewhere, asked);
                }

                if (readiness == CellReadiness.Ready)
                {
                    try
                    {
                        var result = work(cell, environment, input);
                        _due.Watch(cell);
                        return result;
                    }
                    catch
                    {
                        cell.Void();
                        throw;
                    }
                }
            }

            if (readiness == CellReadiness.LivesElsewhere)
            {
                if (home == asked)
                {
                    if (attempt >= MostLooks)
                    {
                        throw new CorruptDataException("an id leads to a customer whose own first id is nobody's");
                    }

                    // And what this node took for nobody may be somebody of another node's by now.
                    Forget(asked);
                    Forget(idHash);
                }

                idHash = home;
                continue;
            }

            if (readiness == CellReadiness.WaitForLog)
            {
                if (attempt >= MostLooks)
                {
                    throw new NodeUnavailableException("the log is behind");
                }

                await _log.FlushAsync();
                if (attempt > 0)
                {
                    await Task.Delay(Math.Min(attempt, 10));
                }
            }
        }
    }

    /// <summary>
    /// A load reads the store and keeps a thread meanwhile: when many customers come back at once, a bounded number do so at a time, or, where a read is a trip,
    /// they are read together.
    /// </summary>
    /// <param name="mayBeNew">Whether the store need not be asked for an id that is certainly new; not for one that an alias leads to.</param>
    private async ValueTask LoadAsync(CustomerCell cell, bool mayBeNew = true)
    {
        if (_reads is not null)
        {
            int resets;
            lock (cell)
            {
                resets = cell.Resets;
            }

            var stored = mayBeNew && _known?.IsNew(cell.IdHash) is true
                ? new StoredCustomer(cell.IdHash, null, null, null, [])
                : await _reads.ReadAsync(cell.IdHash);
            lock (cell)
            {
                _commands.Prepare(cell, Volatile.Read(ref _environment)!, stored, resets);
            }

            return;
        }

        await _loads.WaitAsync();
        try
        {
            lock (cell)
            {
                _commands.Prepare(cell, Volatile.Read(ref _environment)!);
            }
        }
        finally
        {
            _loads.Release();
        }
    }

    /// <summary>Reads a void cell's state anew, also one that was taken out of memory. Under its lock, nothing pending.</summary>
    private void Reload(CustomerCell cell)
    {
        cell.Reset();
        try
        {
            _loader.Load(cell, Volatile.Read(ref _environment)!.Catalog);
        }
        catch
        {
            cell.Void();
            throw;
        }
    }
}
