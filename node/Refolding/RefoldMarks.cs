using PmOrleans.Decisioning.Decisions;
using PmOrleans.Node.Log;

namespace PmOrleans.Node.Refolding;

/// <summary>The marks of a node that is alone.</summary>
internal sealed class RefoldMarks(INodeLog log) : IRefoldMarks
{
    /// <summary>Name of the value that holds the mark; whoever cuts the log reads it too.</summary>
    public const string Key = "node.refold";

    /// <summary>How often the mark is written while a pass runs: more would be a commit for every shard of a small store.</summary>
    private const int EveryMilliseconds = 1_000;

    private readonly Lock _gate = new();
    private RefoldMark _mark;

    /// <summary>Counts how often other definitions went live: what began before has nothing to say any more.</summary>
    private int _generation;
    private int _keptVersion;
    private long _keptAt;
    private bool _isLoaded;

    public double PercentOf(RefoldTarget target)
    {
        lock (_gate)
        {
            return _mark.Target == target ? ulong.PopCount(_mark.DoneShards) * 100.0 / RefoldMark.Shards : 0;
        }
    }

    /// <summary>A catalog went live. What was done for the same definitions holds if no others were live in between, here or on another node.</summary>
    public void OnPublished(DecisionEnvironment live)
    {
        lock (_gate)
        {
            var (target, version) = (RefoldTarget.Of(live), live.Catalog.Version);
            if (_mark.Target == target && version - _mark.Version is 0 or 1)
            {
                _mark = _mark with { Version = version };
            }
            else
            {
                _mark = new RefoldMark(target, version, 0);
                _generation++;
            }
        }
    }

    public bool IsCurrent(RefoldPass pass) => Volatile.Read(ref _generation) == pass.Number;

    public async ValueTask<RefoldPass?> BeginAsync(CancellationToken stop)
    {
        if (!_isLoaded)
        {
            Load();
            _isLoaded = true;
        }

        lock (_gate)
        {
            _keptAt = Environment.TickCount64;
            if (_mark.Version > 0 && !_mark.IsDone)
            {
                return new RefoldPass(_generation, _mark.Target);
            }
        }

        await FollowAsync();
        return null;
    }

    /// <summary>A mark that divides the store in the other way says nothing.</summary>
    public long? Divide(RefoldPass pass, long lastPlace)
    {
        lock (_gate)
        {
            if (_generation != pass.Number)
            {
                return null;
            }

            if (_mark.DoneShards == 0 || lastPlace == 0 != (_mark.LastPlace == 0))
            {
                _mark = _mark with { DoneShards = 0, LastPlace = lastPlace };
            }

            return _mark.LastPlace;
        }
    }

    public IAsyncEnumerable<int> ShardsAsync(RefoldPass pass, CancellationToken stop)
    {
        lock (_gate)
        {
            var done = _mark.DoneShards;
            return Enumerable.Range(0, RefoldMark.Shards).Where(shard => (done & (1UL << shard)) == 0).ToAsyncEnumerable();
        }
    }

    /// <summary>A shard is done, and saved: a mark holds the shards of other threads as well, which have done the same.</summary>
    public async Task DoneAsync(int shard, RefoldPass pass)
    {
        RefoldMark mark;
        bool isTime;
        lock (_gate)
        {
            if (_generation != pass.Number)
            {
                return;
            }

            mark = _mark with { DoneShards = _mark.DoneShards | (1UL << shard) };
            isTime = mark.IsDone || Environment.TickCount64 - _keptAt >= EveryMilliseconds;
            _keptAt = isTime ? Environment.TickCount64 : _keptAt;
            _mark = mark.IsDone ? _mark : mark;
        }

        if (isTime)
        {
            await WriteAsync(mark);
        }

        // The last mark came behind the records of all who were woken: whoever is told that the pass is over finds them in the log.
        if (mark.IsDone)
        {
            lock (_gate)
            {
                _mark = _generation == pass.Number ? mark with { Version = _mark.Version } : _mark;
            }
        }
    }

    public Task KeepAsync(RefoldPass pass)
    {
        lock (_gate)
        {
            return WriteAsync(_mark);
        }
    }

    /// <summary>Takes up what the run before has done, if it was for the version that is live.</summary>
    private void Load()
    {
        var stored = RefoldMark.Read(log.Reader.GetValue(Key));
        lock (_gate)
        {
            if (stored is { } mark && mark.Target == _mark.Target && mark.Version == _mark.Version)
            {
                _mark = mark;
                _keptVersion = mark.Version;
            }
        }
    }

    /// <summary>A version with the same definitions is live: what is done holds for it as well, also after a restart.</summary>
    private Task FollowAsync()
    {
        lock (_gate)
        {
            return _mark.IsDone && _mark.Version != _keptVersion ? WriteAsync(_mark) : Task.CompletedTask;
        }
    }

    private async Task WriteAsync(RefoldMark mark)
    {
        await log.WriteAsync(transaction => transaction.SetValue(Key, mark.ToArray()));
        Volatile.Write(ref _keptVersion, mark.Version);
    }
}
