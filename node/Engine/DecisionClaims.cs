using System.Runtime.InteropServices;

namespace PmOrleans.Node.Engine;

/// <summary>The decision ids that are being decided at this moment: of several requests under one id the first decides, and the others wait for it.</summary>
/// <remarks>In stripes so that threads do not meet. A claim nobody waits for, which is nearly every one, costs no object.</remarks>
internal sealed class DecisionClaims
{
    private const int Stripes = 64;
    private readonly Dictionary<UInt128, TaskCompletionSource?>[] _stripes = [.. Enumerable.Range(0, Stripes).Select(_ => new Dictionary<UInt128, TaskCompletionSource?>())];

    /// <param name="other">When somebody else has it: ends when that one lets go, and the id may be claimed again.</param>
    /// <returns>Whether it is the caller's now, to be let go by <see cref="LetGo"/>.</returns>
    public bool TryClaim(UInt128 decisionHash, out Task other)
    {
        var stripe = StripeOf(decisionHash);
        lock (stripe)
        {
            ref var waiting = ref CollectionsMarshal.GetValueRefOrAddDefault(stripe, decisionHash, out var isTaken);
            other = isTaken ? (waiting ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task : Task.CompletedTask;
            return !isTaken;
        }
    }

    public void LetGo(UInt128 decisionHash)
    {
        var stripe = StripeOf(decisionHash);
        TaskCompletionSource? waiting;
        lock (stripe)
        {
            stripe.Remove(decisionHash, out waiting);
        }

        waiting?.SetResult();
    }

    private Dictionary<UInt128, TaskCompletionSource?> StripeOf(UInt128 decisionHash) => _stripes[(int)((ulong)decisionHash & (Stripes - 1))];
}
