namespace PmOrleans.GrainInterfaces;

/// <summary>The port of some silo, for gateways that have none: everything but what goes to a customer's grain. Cold calls only.</summary>
[Alias("PmOrleans.Desk")]
public interface IDeskGrain : IGrainWithIntegerKey
{
    /// <summary>Calls a member of the port.</summary>
    /// <param name="member">Its name.</param>
    /// <param name="arguments">JSON array of its arguments, without the token.</param>
    /// <returns>The reply's value or refusal as JSON.</returns>
    [Alias("Ask")]
    ValueTask<DeskReply> AskAsync(string member, [Immutable] byte[] arguments);

    /// <summary>Why the silo is not ready; empty when it is.</summary>
    [Alias("Readiness")]
    ValueTask<string[]> ReadinessAsync();
}
