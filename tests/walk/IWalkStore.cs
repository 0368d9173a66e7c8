using PmOrleans.Node.Embedded;
using PmOrleans.Node.Retention;
using PmOrleans.Node.Verification;

namespace PmOrleans.Node.Tests.Walk;

/// <summary>A store that a walk goes through, gone afterwards.</summary>
internal interface IWalkStore : IDisposable
{
    /// <summary>The same options with this store in them.</summary>
    EmbeddedNodeOptions Of(EmbeddedNodeOptions options);

    /// <summary>What a node leaves that is killed now, beside these requests: it is disposed, and what it does from now on is in no store any more.</summary>
    Task KillAsync(EmbeddedNode node, Task underWay);

    /// <summary>No node has it open.</summary>
    Task<VerificationReport> VerifyAsync();

    /// <summary>Cuts what is earlier; no node has it open.</summary>
    Task<LogCutReport> CutAsync(DateTimeOffset before);
}
