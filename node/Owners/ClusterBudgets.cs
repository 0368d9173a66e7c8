using PmOrleans.Node.Leases;
using PmOrleans.Node.Projections;

namespace PmOrleans.Node.Owners;

/// <summary>The owner of the campaigns' money as a node of a cluster reaches it. Asked by one keeper, one question at a time.</summary>
public sealed class ClusterBudgets(IOwners owners, long epoch, IAccounts accounts, TimeProvider time) : IBudgetOwner
{
    /// <summary>An account that had nothing a moment ago is not asked for again: a campaign at its end would ask with every decision.</summary>
    private static readonly TimeSpan Believed = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan FoldLimit = TimeSpan.FromSeconds(5);

    private readonly Dictionary<(int Campaign, int Day), long> _written = [];
    private readonly Dictionary<(int Campaign, int Day), (BudgetSlice Slice, long At)> _nothing = [];
    private long _questions;

    /// <summary>What earlier epochs have left is freed by whoever takes over from them.</summary>
    public Task StartAsync() => Task.CompletedTask;

    public async ValueTask<BudgetSlice> TakeAsync(SliceRequest request)
    {
        var account = (request.Campaign, request.Day);
        if (_nothing.TryGetValue(account, out var nothing) && time.GetElapsedTime(nothing.At) < Believed)
        {
            return nothing.Slice with { LowMarkMicros = request.LowMarkMicros };
        }

        var slice = await owners.TakeAsync(new SliceAsk(epoch, ++_questions, _written.GetValueOrDefault(account), request));
        _written[account] = _written.GetValueOrDefault(account) + slice.GrantedMicros;
        if (slice is { GrantedMicros: 0, ExcessMicros: 0 } && (slice.FreeMicros == 0 || request.HeldMicros <= slice.LowMarkMicros))
        {
            _nothing[account] = (slice, time.GetTimestamp());
        }
        else
        {
            _nothing.Remove(account);
        }

        return slice;
    }

    /// <summary>The next question says so.</summary>
    public ValueTask CancelAsync(int campaign, int day, long micros)
    {
        _written[(campaign, day)] = _written.GetValueOrDefault((campaign, day)) - micros;
        return ValueTask.CompletedTask;
    }

    /// <summary>The owner reads it in the log.</summary>
    public ValueTask ReturnedAsync(int campaign, int day, long micros) => ValueTask.CompletedTask;

    public async ValueTask<bool> CountInAsync(IReadOnlyCollection<int> campaigns, IReadOnlyCollection<int> totals, int catalogVersion)
    {
        try
        {
            using var limit = new CancellationTokenSource(FoldLimit);
            await accounts.WaitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            // The owner is behind or cannot be reached: asked again.
            return false;
        }

        if (!await owners.CountInAsync(epoch, catalogVersion, totals))
        {
            return false;
        }

        _nothing.Clear();
        return true;
    }
}
