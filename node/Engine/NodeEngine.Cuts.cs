using System.Globalization;
using PmOrleans.Decisioning.Catalog;
using PmOrleans.Node.Customers;
using PmOrleans.Node.Log;
using PmOrleans.Node.Log.Postgres;
using PmOrleans.Node.Retention;
using PmOrleans.Node.Time;

namespace PmOrleans.Node.Engine;

/// <content>Logs that are cut: by this node, or by another one of the store.</content>
public sealed partial class NodeEngine
{
    /// <summary>Where the log begins; moves on while it is cut.</summary>
    private volatile LogBegin? _begin;

    /// <summary>Of a store that several nodes share: what was cut of this node's log.</summary>
    private long _cutTo;

    /// <summary>What the store knows of this node.</summary>
    private CutWriter _said;

    /// <summary>Sequence of the last record that was cut from the log; 0 for none.</summary>
    internal long CutTo => _log is PostgresNodeLog ? Interlocked.Read(ref _cutTo) : _begin?.Sequence ?? 0;

    private LogRetention Retain(RetentionOptions options)
    {
        bool IsReady() => _accounts.HasSegments && Refolding.IsDone;

        return _log is PostgresNodeLog shared
            ? new ClusterRetention(shared, options, _time, IsReady, _host.Budgets is null ? FoldedWithAsync : null, SayCutsAsync, (begin, own) =>
            {
                _begin = begin;
                Interlocked.Exchange(ref _cutTo, own);
            })
            : new FolderRetention((SqliteNodeLog)_log, options, _time, IsReady, FoldedWithAsync, begin => _begin = begin);
    }

    /// <summary>Tells those who cut the store's logs what this process knows of them: before they have heard it of every writer, nothing goes.</summary>
    private async Task SayCutsAsync(CancellationToken cancellation)
    {
        if (_log is not PostgresNodeLog shared)
        {
            return;
        }

        var known = new CutWriter(shared.Epoch, shared.LookForBases(), _options.Retention is not null);
        if (known != _said)
        {
            await _log.WriteAsync(transaction => transaction.SetValue(CutWriter.Key, known.Write()), cancellation);
            _said = known;
        }
    }

    private async Task FollowCutsAsync(CancellationToken cancellation)
    {
        if (_log is not PostgresNodeLog shared)
        {
            return;
        }

        try
        {
            await SayCutsAsync(cancellation);
        }
        catch (Exception failure) when (failure is NodeLogException or NodeUnavailableException)
        {
            // The log takes nothing in now; whoever cuts waits.
        }

        if (_said.KnowsBases && shared.Store.CutTo() != (_begin?.Sequence ?? 0))
        {
            LookAtBegin();
        }
    }

    private void LookAtBegin()
    {
        _begin = LogBegin.Load(_log.Reader);
        Interlocked.Exchange(ref _cutTo, _log.Reader is PostgresLogReader shared ? shared.CutTo() : 0);
    }

    private long? CountsSince(MetricDefinition metric) => _begin?.CountsSince(metric, _catalogs.Version);

    /// <summary>What a look for something old should be told.</summary>
    private string BeforeCut() => _begin is { } cut
        ? string.Create(CultureInfo.InvariantCulture, $"; records up to {Micros.ToTime(cut.AtMicros):yyyy-MM-dd'T'HH:mm:ss'Z'} have been cut from the log")
        : "";
}
