using PmOrleans.Node.Engine;
using PmOrleans.Node.Port;
using PmOrleans.Node.Retention;
using PmOrleans.Node.Verification;

namespace PmOrleans.Node.Tests.Walk;

/// <summary>What a walk asks: one node or several over a store of their own, gone afterwards.</summary>
internal interface IWalkHost : IAsyncDisposable
{
    /// <summary>While it is open. Of several nodes each call goes to the next.</summary>
    IDecisionNode Node { get; }

    /// <summary>Everybody is folded with the live catalog, for all that the nodes know.</summary>
    bool IsFolded { get; }

    /// <summary>All nodes have heard of the first one.</summary>
    bool HasCatalog => true;

    /// <summary>Queued touchpoints are applied some time later.</summary>
    bool HasQueue => false;

    /// <summary>A node was killed, and what it had is not yet elsewhere: requests may be refused for now.</summary>
    bool MayRefuse => false;

    /// <summary>Opens what is not open.</summary>
    Task OpenAsync(Func<NodeEngineOptions, NodeEngineOptions> settings, TimeProvider time);

    /// <summary>As an operator stops it.</summary>
    Task CloseAsync();

    /// <summary>One node is killed now, beside these requests: what it does from now on is in no store any more.</summary>
    Task KillAsync(Task underWay);

    /// <summary>One of several nodes stops and starts again, beside requests of which it is asked none.</summary>
    Task ReplaceAsync(Func<Task> meanwhile) => meanwhile();

    /// <summary>Closes what is open.</summary>
    Task<VerificationReport> VerifyAsync();

    /// <summary>Cuts what is earlier; no node has the store open.</summary>
    Task<LogCutReport> CutAsync(DateTimeOffset before);
}
