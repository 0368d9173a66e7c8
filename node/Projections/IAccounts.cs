using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Segments;
using PmOrleans.Node.Leases;
using PmOrleans.Node.Owners;

namespace PmOrleans.Node.Projections;

/// <summary>Ledgers and models as this node knows them: of a node that is alone the fold of its log, in a cluster what their owner publishes.</summary>
public interface IAccounts : IAsyncDisposable
{
    /// <summary>Called with every new replica of the models.</summary>
    Action<ModelReplica>? OnReplica { get; set; }

    ModelReplica Replica { get; }

    /// <summary>Records folded; of a node that is alone the sequence of the last one.</summary>
    long Watermark { get; }

    /// <summary>Records of this node that are committed and not yet folded.</summary>
    long Lag { get; }

    /// <summary>What the other nodes that spend a campaign's budget expect.</summary>
    PaceForecast ForecastElsewhere(int campaign) => default;

    /// <summary>Restores what was saved, folds to the end of the log, and begins to follow. Before the log takes anything in.</summary>
    Task StartAsync();

    /// <summary>Reads the fold; no record is folded meanwhile.</summary>
    T Read<T>(Func<AccountingFold, T> read);

    /// <summary>Whether the segments' figures can be read: a start does not wait for them.</summary>
    bool HasSegments { get; }

    /// <summary>Completes when the segments' figures can be read, with all that was folded before; restores them now if that has not begun.</summary>
    Task RestoreSegmentsAsync();

    /// <summary>Reads the segments' figures, once they are restored; no record is folded meanwhile. In a cluster: of the customers whose facts are in this node's log.</summary>
    T ReadSegments<T>(Func<SegmentFold, T> read);

    /// <summary>In a cluster: the figures of all segments, while their owner is on this node; else <c>null</c>.</summary>
    SegmentBook? Segments => null;

    /// <summary>Completes when everything committed before the call is folded.</summary>
    Task WaitAsync(CancellationToken cancellation = default);

    /// <summary>Publishes the replica of what is folded, where it does not publish by itself.</summary>
    void PublishNow();

    /// <summary>Folds the whole log anew: the options of a model have changed. Decisions go on with the old replica meanwhile.</summary>
    void Refold();

    /// <summary>Saves state and watermark, where they are saved here.</summary>
    Task SaveAsync();
}
