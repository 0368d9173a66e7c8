namespace PmOrleans.Grains;

internal static class LostCalls
{
    /// <summary>
    /// The call did not come back: its silo is gone or does not answer, or this one is stopping, or, which Orleans tells as a cancellation, no silo was found for it
    /// in time. Its outcome is unknown. Whoever waits with a token of its own looks at that first.
    /// </summary>
    public static bool IsLost(Exception failure) => failure is TimeoutException or OrleansException or OperationCanceledException;
}
