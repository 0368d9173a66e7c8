using PmOrleans.Decisioning.Decisions;

namespace PmOrleans.Node.Refolding;

/// <summary>A pass that has something left to do.</summary>
/// <param name="Number">No other pass of this process has it.</param>
internal readonly record struct RefoldPass(int Number, RefoldTarget Target);

/// <summary>What is done of a pass, in memory and with the log, and whether it still says anything.</summary>
internal interface IRefoldMarks
{
    /// <summary>Percent of a pass for these definitions: a mark of what was live before says nothing, and a pass that has not begun yet stands at 0.</summary>
    double PercentOf(RefoldTarget target);

    /// <summary>A catalog went live here.</summary>
    void OnPublished(DecisionEnvironment live);

    /// <summary>Whether nothing was live, since a pass began, that makes what it does worthless.</summary>
    bool IsCurrent(RefoldPass pass);

    /// <summary>What there is to do, once customers may be visited for it; <c>null</c>: nothing.</summary>
    /// <exception cref="Log.NodeLogException">The store cannot be read or written now.</exception>
    ValueTask<RefoldPass?> BeginAsync(CancellationToken stop);

    /// <summary>Says up to which place the pass divides the store (0: by the hashes of ids).</summary>
    /// <returns>Up to which it does; another than was said where a part of it is done already. <c>null</c> when the pass is no longer current.</returns>
    long? Divide(RefoldPass pass, long lastPlace);

    /// <summary>The shards that are left for this process, each as soon as somebody is ready to do it.</summary>
    IAsyncEnumerable<int> ShardsAsync(RefoldPass pass, CancellationToken stop);

    /// <summary>A shard is done, and what was done in it is durable or on its way in this process's log.</summary>
    Task DoneAsync(int shard, RefoldPass pass);

    /// <summary>Keeps every shard that is done: an orderly stop loses none, a kill only those since the last mark.</summary>
    Task KeepAsync(RefoldPass pass);

    /// <summary>Looks at what other processes have done, where there are any.</summary>
    /// <exception cref="Log.NodeLogException">The store cannot be read now.</exception>
    void Look()
    {
    }
}
