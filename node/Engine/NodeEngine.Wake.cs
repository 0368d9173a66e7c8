using PmOrleans.Node.Log;
using PmOrleans.Node.Segments;
using PmOrleans.Node.Time;

namespace PmOrleans.Node.Engine;

/// <content>What the due loop does.</content>
public sealed partial class NodeEngine
{
    private static readonly TimeSpan WakeAgainAfter = TimeSpan.FromMilliseconds(20);

    internal long NowMicros => _time.NowMicros();

    /// <summary>Wakes a customer of whom something is due, wherever its cell is.</summary>
    internal ValueTask ReachAsync(UInt128 idHash) => _host.Wake is { } wake ? wake(idHash) : WakeAsync(idHash);

    /// <summary>The same for a sweep that notes whom it has been to: a customer whose record a full log refused has not been visited.</summary>
    private async ValueTask VisitAsync(UInt128 idHash)
    {
        if (_host.Wake is { } wake)
        {
            await wake(idHash);
            return;
        }

        while (!await TryWakeAsync(idHash))
        {
            await Task.Delay(WakeAgainAfter, _stopping.Token);
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

        var result = await WithCellAsync(idHash, _commands.Wake);
        if (result.Pending is not null)
        {
            _metrics.CountWake();
            _ = WatchAsync(result.Pending, idHash);
        }

        return !result.Refused;
    }

    /// <summary>Percent of the customers whose segments were brought up to date since something they hang on changed; <c>null</c> when all are.</summary>
    internal int? SegmentProgress => _due.SweepProgress ?? (Refolding.IsDone ? null : (int)Refolding.Percent);

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
        _due.Sweep(_rfm.Concerned(environment.Catalog, isComplete: await HaveAllFiguresAsync()));
    }

    /// <summary>Completes when all that was written by earlier edges is in the figures.</summary>
    /// <returns><c>false</c>: it is not, as the log cannot be written now, or may never be here, as other nodes write as well.</returns>
    private async Task<bool> HaveAllFiguresAsync()
    {
        if (_host.Announce is not null)
        {
            return false;
        }

        // Whoever still works by the earlier edges holds a cell's lock or has a record in the queue.
        _directory.PassLocks();
        try
        {
            await _log.FlushAsync(_stopping.Token);
        }
        catch (NodeLogException)
        {
            return false;
        }

        await _accounts.WaitAsync(_stopping.Token);
        return true;
    }

    /// <summary>Takes up edges that another node has taken.</summary>
    private void LoadRfm()
    {
        if (_host.Announce is null || Volatile.Read(ref _environment) is not { Catalog.Rfm: not null } environment)
        {
            return;
        }

        _rfm.Reload();
        lock (_environmentGate)
        {
            environment = _environment!;
            if (_rfm.For(environment.Catalog) is var edges && edges.Generation != environment.Rfm.Generation)
            {
                Volatile.Write(ref _environment, environment with { Rfm = edges });
            }
        }
    }

    /// <summary>The sweep is over: a start need not begin it anew.</summary>
    internal Task SweptAsync() => _log.WriteAsync(transaction => transaction.SetValue(RfmKeeper.SweepKey, null));

    /// <summary>Begins a sweep anew that the run before did not end.</summary>
    private void ResumeSweep()
    {
        if (_log.Reader.GetValue(RfmKeeper.SweepKey) is not null && _environment is not null)
        {
            _due.SweepLater(() => _accounts.HasSegments ? _rfm.Concerned(Volatile.Read(ref _environment)!.Catalog, isComplete: _host.Announce is null) : null);
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
