using PmOrleans.GrainInterfaces.Owners;
using PmOrleans.Node.Log;
using PmOrleans.Node.Owners;

namespace PmOrleans.Grains.Owners;

/// <summary>
/// An owner over its life: loaded from its row, saved behind, and gone as soon as it cannot be sure any more that it is the only one. What it had folded and not saved
/// is told to its next activation again, out of the nodes' logs.
/// </summary>
internal abstract class OwnerGrain<TBook>(IGrainContext context, NodeHandle node, OwnerName name, TBook book) : IGrainBase, IIncomingGrainCallFilter
    where TBook : IOwnerBook
{
    private static readonly TimeSpan SaveEvery = TimeSpan.FromSeconds(2);

    /// <summary>A large state is written less often: a second for each of so many bytes, so that saving never takes up more than a small part of the store's time.</summary>
    private const double BytesPerSecond = 1 << 20;

    private RangeOwner? _owner;
    private OrleansException? _unread;
    private long _savedAt;
    private bool _isStopping;

    public IGrainContext GrainContext => context;

    protected TBook Book => book;

    protected NodeHandle Silo => node;

    protected RangeOwner Owner => _owner ?? throw new InvalidOperationException("The owner is not loaded.");

    protected PostgresStore Store => node.Store ?? throw new InvalidOperationException("An owner needs a store that several nodes share.");

    public async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        try
        {
            _owner = await RangeOwner.LoadAsync(Store, name, book, cancellationToken);
        }
        catch (NodeLogException failed)
        {
            // An activation that fails is an error with two stacks in Orleans' log, several times a second while the store is away: so who calls is told instead.
            _unread = Gone(failed);
            return;
        }

        _savedAt = Environment.TickCount64;
        this.RegisterGrainTimer(SaveBehindAsync, new GrainTimerCreationOptions(SaveEvery, SaveEvery) { Interleave = true });
        OnLoaded();
    }

    public async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        OnLeft();
        if (_owner is { IsSaved: false } owner && !_isStopping)
        {
            try
            {
                await owner.SaveAsync(cancellationToken);
            }
            catch (Exception failed) when (failed is OwnerLostException or NodeLogException or OperationCanceledException)
            {
                // The next activation is told again.
            }
        }

        _owner?.Dispose();
    }

    /// <summary>An owner that could not be read answers nobody, and goes: the next call finds another, perhaps where the store can be read.</summary>
    public Task Invoke(IIncomingGrainCallContext call) => _unread is null ? call.Invoke() : throw Leave(_unread);

    public ValueTask<RangeReply> ReportAsync(RangeMessage report) => new(RangeReply.Of(Owner.Fold(report.ToReport())));

    /// <summary>Completes when what was just changed is saved.</summary>
    /// <exception cref="OrleansException">It is not, and this owner is on its way out.</exception>
    protected async Task SaveAsync()
    {
        try
        {
            await Owner.SaveAsync();
            _savedAt = Environment.TickCount64;
        }
        catch (Exception failed) when (failed is OwnerLostException or NodeLogException)
        {
            _isStopping = true;
            throw Leave(Gone(failed));
        }
    }

    protected virtual void OnLoaded()
    {
    }

    protected virtual void OnLeft()
    {
    }

    private async Task SaveBehindAsync(CancellationToken cancellation)
    {
        if (_owner is not { IsSaved: false } || Environment.TickCount64 - _savedAt < Owner.SavedBytes / BytesPerSecond * 1_000)
        {
            return;
        }

        try
        {
            await SaveAsync();
        }
        catch (OrleansException)
        {
            // It is on its way out.
        }
    }

    private OrleansException Leave(OrleansException gone)
    {
        context.Deactivate(new DeactivationReason(DeactivationReasonCode.ApplicationError, gone, gone.Message));
        return gone;
    }

    /// <summary>Callers get what an owner ends with: of Orleans' own kind, which travels to other silos and is asked again, as an outage is no defect.</summary>
    private static OrleansException Gone(Exception reason) => new(reason.Message);
}
