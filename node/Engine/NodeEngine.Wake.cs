using PmOrleans.Node.Log;
using PmOrleans.Node.Segments;
using PmOrleans.Node.Time;

namespace PmOrleans.Node.Engine;

/// <content>What the due loop does.</content>
public sealed partial class NodeEngine
{
    internal long NowMicros => _time.NowMicros();

    /// <summary>Wakes a customer of whom something is due, wherever its cell is.</summary>
    internal ValueTask ReachAsync(UInt128 idHash) => _host.Wake is { } wake ? wake(idHash) : WakeAsync(idHash);

    /// <summary>The same for a sweep that notes whom it has been to.</summary>
    /// <returns>Whether what there was to say is in the log, or in this node's before anything that is written later; <c>false</c>: ask again.</returns>
    private ValueTask<bool> ReachForSweepAsync(UInt128 idHash) => _host.Visit is { } visit ? visit(idHash) : TryWakeAsync(idHash);

    /// <summary>Brings a customer whose cell is here up to date, for a sweep that notes whom it has been to.</summary>
    /// <returns>Whether what the customer had to say is durable, or nobody can read its records; <c>false</c>: it was refused or could not be written, ask again.</returns>
    public async ValueTask<bool> VisitAsync(UInt128 idHash)
    {
        if (Volatile.Read(ref _environment) is null)
        {
            return false;
        }

        try
        {
            while (true)
            {
                var look = await WithCellAsync(idHash, (cell, environment) => (Result: _commands.Wake(cell, environment), Cell: cell, cell.Pending, cell.Resets));
                if (look.Result.Pending is { } pending)
                {
                    _metrics.CountWake();
                    return await pending.Outcome is null;
                }

                if (look.Result.Refused || look.Pending == 0)
                {
                    return !look.Result.Refused;
                }

                // What it would have had to say may be in a record that is on its way: if that fails, the state is read again, and asked again.
                await _log.FlushAsync(_stopping.Token);
                if (await WithCellAsync(idHash, (cell, _) => ReferenceEquals(cell, look.Cell) && cell.Resets == look.Resets))
                {
                    return true;
                }
            }
        }
        catch (Exception damaged) when (IsDamage(damaged))
        {
            return true;
        }
        catch (Exception outage) when (IsOutage(outage) || (outage is OperationCanceledException && _stopping.IsCancellationRequested))
        {
            return false;
        }
    }

    /// <summary>Ends what has run out for a customer whose cell is here; does not wait for the commit: nobody is being answered.</summary>
    public async ValueTask WakeAsync(UInt128 idHash)
    {
        if (!await TryWakeAsync(idHash))
        {
            _due.Again(idHash);
        }
    }

    /// <returns><c>false</c> when there was something to write and the log took nothing in.</returns>
    private async ValueTask<bool> TryWakeAsync(UInt128 idHash)
    {
        if (Volatile.Read(ref _environment) is null)
        {
            return true;
        }

        try
        {
            var result = await WithCellAsync(idHash, _commands.Wake);
            if (result.Pending is not null)
            {
                _metrics.CountWake();
                _ = WatchAsync(result.Pending, idHash);
            }

            return !result.Refused;
        }
        catch (Exception damaged) when (IsDamage(damaged))
        {
            return true;
        }
    }

    /// <summary>Percent of the customers whose segments were brought up to date since something they hang on changed; <c>null</c> when all are.</summary>
    internal int? SegmentProgress => _rescore?.Progress ?? _due.SweepProgress ?? (Refolding.IsDone ? null : (int)Refolding.Percent);

    /// <summary>Takes new RFM edges when it is time, and has the scores looked at again that are others by them.</summary>
    internal async Task RefreshRfmAsync()
    {
        if (Volatile.Read(ref _environment) is not { } environment || await _rfm.RefreshAsync(environment.Catalog) is null)
        {
            return;
        }

        lock (_environmentGate)
        {
            environment = _environment!;
            Volatile.Write(ref _environment, environment with { Rfm = _rfm.For(environment.Catalog) });
        }

        await AnnounceAsync();
        if (_rescore is null)
        {
            _due.Sweep(_rfm.Concerned(environment.Catalog, isComplete: await HaveAllFiguresAsync()));
        }
    }

    /// <summary>Completes when all that was written by earlier edges is in the figures.</summary>
    /// <returns><c>false</c>: it is not, as the log cannot be written now.</returns>
    private async Task<bool> HaveAllFiguresAsync()
    {
        try
        {
            await SettleAsync(_stopping.Token);
        }
        catch (NodeLogException)
        {
            return false;
        }

        await _accounts.WaitAsync(_stopping.Token);
        return true;
    }

    /// <summary>Takes up edges that another node has taken.</summary>
    /// <returns>The generation that this node works by, whatever of it concerns its catalog.</returns>
    private int LoadRfm()
    {
        if (_rescore is null || Volatile.Read(ref _environment) is not { Catalog.Rfm: not null } environment)
        {
            return 0;
        }

        _rfm.Reload();
        lock (_environmentGate)
        {
            environment = _environment!;
            if (_rfm.For(environment.Catalog) is var edges && edges.Generation != environment.Rfm.Generation)
            {
                Volatile.Write(ref _environment, environment with { Rfm = edges });
            }

            return _rfm.Generation;
        }
    }

    /// <summary>The sweep is over: a start need not begin it anew.</summary>
    internal Task SweptAsync() => _log.WriteAsync(transaction => transaction.SetValue(RfmKeeper.SweepKey, null));

    /// <summary>Begins a sweep anew that the run before did not end.</summary>
    private void ResumeSweep()
    {
        if (_rescore is null && _log.Reader.GetValue(RfmKeeper.SweepKey) is not null && _environment is not null)
        {
            _due.SweepLater(() => _accounts.HasSegments ? _rfm.Concerned(Volatile.Read(ref _environment)!.Catalog, isComplete: true) : null);
        }
    }

    /// <summary>What did not get into the log is still due, and nobody else would think of it.</summary>
    private async Task WatchAsync(Customers.PendingCommand pending, UInt128 idHash)
    {
        if (await pending.Outcome is not null)
        {
            _due.Again(idHash);
        }
    }
}
