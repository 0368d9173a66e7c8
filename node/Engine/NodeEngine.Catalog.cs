using PmOrleans.Decisioning.Catalog;
using PmOrleans.Decisioning.Decisions;
using PmOrleans.Decisioning.Facts;
using PmOrleans.Decisioning.Learning;
using PmOrleans.Node.Catalog;
using PmOrleans.Node.Customers;
using PmOrleans.Node.Log;
using PmOrleans.Node.Port;
using PmOrleans.Node.Publishing;
using PmOrleans.Node.Time;

namespace PmOrleans.Node.Engine;

/// <content>The catalog: reading, checking, publishing.</content>
public sealed partial class NodeEngine
{
    private static readonly TimeSpan CountInEvery = TimeSpan.FromMilliseconds(200);

    public ValueTask<Reply<CatalogView>> ReadCatalogAsync(CancellationToken cancellation = default) => new(
        _catalogs.LiveRow is { } row
            ? new CatalogView(row.Version, row.Hash, row.PublishedAtMicros, row.Bundle) { BuiltPercent = Refolding.Percent }
            : new Refusal(RefusalKind.NotFound, "no catalog is published yet"));

    public ValueTask<Reply<PublishAnswer>> ValidateAsync(ReadOnlyMemory<byte> bundle, CancellationToken cancellation = default)
    {
        // Whoever previews it next finds it compiled.
        var trial = _trials.Check(bundle);
        return new(new PublishAnswer(false, _catalogs.Live?.Version ?? 0, trial.Hash, trial.Problems, Changes(trial.Snapshot)));
    }

    public ValueTask<Reply<PublishAnswer>> PublishAsync(
        ReadOnlyMemory<byte> bundle, int? expectedVersion, CancellationToken cancellation = default) =>
        PublishAsync(bundle, expectedVersion, PublishNote.None, cancellation);

    public async ValueTask<Reply<PublishAnswer>> PublishAsync(
        ReadOnlyMemory<byte> bundle, int? expectedVersion, PublishNote note, CancellationToken cancellation = default)
    {
        try
        {
            await FollowAsync(CancellationToken.None);
        }
        catch (Exception behind) when (behind is NodeLogException or InvalidOperationException)
        {
            // The store cannot be read now, or a later release has published what this one cannot read.
            return new Refusal(RefusalKind.Unavailable, $"nothing was published: {behind.Message}", RetryAfter: TimeSpan.FromSeconds(1));
        }

        await _publishing.WaitAsync(cancellation);
        try
        {
            var live = _catalogs.Live?.Version ?? 0;
            if (expectedVersion is { } expected && expected != live)
            {
                return new Refusal(RefusalKind.PreconditionFailed, $"version {expected} was to be live; live is version {live}");
            }

            var (parsed, compilation) = _catalogs.Compile(bundle);
            var problems = CatalogStore.Problems(compilation);
            var changes = Changes(compilation.Snapshot);
            if (parsed is null || !compilation.Succeeded)
            {
                return new PublishAnswer(false, live, parsed?.Hash, problems, changes);
            }

            if (_catalogs.LiveRow?.Hash == parsed.Hash)
            {
                if (note.Draft is { } published)
                {
                    await _drafts.WithdrawAsync(published);
                }

                return new PublishAnswer(true, live, parsed.Hash, problems, changes);
            }

            await StoreAndGoLiveAsync(parsed, compilation.Snapshot, note);
            await AnnounceAsync();
            return new PublishAnswer(true, compilation.Snapshot.Version, parsed.Hash, problems, changes);
        }
        catch (VersionTakenException taken)
        {
            return new Refusal(RefusalKind.PreconditionFailed, $"version {taken.Version} was published on another node at the same time");
        }
        catch (Exception failure) when (failure is NodeUnavailableException or NodeLogException)
        {
            return Failure(new LogFailure(LogFailureKind.Unavailable, failure.Message));
        }
        finally
        {
            _publishing.Release();
        }
    }

    /// <summary>The version that is live and what the models are folded with, by policy, while no publish is under way; they are saved so.</summary>
    private async Task<(int Version, IReadOnlyDictionary<int, BetaOptions> Options)> FoldedWithAsync(CancellationToken cancellation)
    {
        await _publishing.WaitAsync(cancellation);
        try
        {
            // What was saved under an earlier version may mean something else: over a base of this one nobody could count it again, or go on with it.
            await _accounts.SaveAsync();
            return (_catalogs.Live?.Version ?? 0, _accounts.Read(fold => fold.Models.ToDictionary(model => model.Key, model => model.Value.Options)));
        }
        finally
        {
            _publishing.Release();
        }
    }

    private IReadOnlyList<Port.CatalogChange> Changes(CatalogSnapshot? next) =>
        next is not null ? CatalogHistory.Between(_catalogs.Live, next) : [];

    private async Task StoreAndGoLiveAsync(CatalogBundle bundle, CatalogSnapshot snapshot, PublishNote note)
    {
        // Queued right before the version itself: one transaction, or the same fate.
        var published = _log.AppendNodeFactAsync(new PublishedFact(snapshot.Version, bundle.Hash, _time.NowMicros()), _time.NowMicros());
        if (published.IsFaulted)
        {
            await published;
        }

        var row = await _catalogs.StoreAsync(bundle, snapshot, note, note.Draft is { } draft ? () => _drafts.Withdrawal(draft) : null);
        var before = _catalogs.Live;
        _catalogs.GoLive(snapshot, row);
        await GoLiveAsync(snapshot);
        if (before is not null && MeaningChanged(before, snapshot))
        {
            _accounts.Refold();
        }

        await published;
    }

    /// <summary>Money first, then the swap: whoever decides with the new version finds its leases there.</summary>
    private async Task GoLiveAsync(CatalogSnapshot snapshot)
    {
        var hasNewTotals = await _keeper.UseAsync(snapshot);
        _pace.Use(snapshot);
        DecisionEnvironment environment;
        lock (_environmentGate)
        {
            environment = new DecisionEnvironment(snapshot, _accounts.Replica, _leases, _hashes) { OutOfStock = _stock.Off, Rfm = _rfm.For(snapshot), Former = _catalogs.Former };
            Volatile.Write(ref _environment, environment);
        }

        _refold.OnPublished(environment);
        if (hasNewTotals || _host.Budgets is not null)
        {
            // A command reads the environment under its cell's lock: past every lock, nothing is decided with the old version any more.
            _directory.PassLocks();
            await _log.FlushAsync();
            if (!await TryCountInAsync())
            {
                _ = CountInLaterAsync();
            }
        }
    }

    /// <summary>Other nodes still decide without a total budget that is new, or its owner cannot be asked: until then it has no money.</summary>
    private async Task CountInLaterAsync()
    {
        try
        {
            do
            {
                await Task.Delay(CountInEvery, _stopping.Token);
            }
            while (!await TryCountInAsync());
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private async Task<bool> TryCountInAsync()
    {
        try
        {
            return await _keeper.CountInAsync();
        }
        catch (NodeUnavailableException)
        {
            return false;
        }
    }

    /// <summary>Whether some policy's sums would mean something else than what was folded.</summary>
    private static bool MeaningChanged(CatalogSnapshot before, CatalogSnapshot after) => after.Policies.Any(policy =>
        before.PolicyByNumber.TryGetValue(policy.Number, out var old) && old.Model != policy.Model);
}
