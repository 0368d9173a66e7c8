namespace PmOrleans.Decisioning.Facts;

/// <summary>
/// Sums of values, in micros. What may come in is bounded, how often is not: a sum that would be too large stays at the largest number there is. Values are never
/// negative, so that parts still add in any order.
/// </summary>
internal static class ValueSum
{
    public static long Add(long left, long right) => left > long.MaxValue - right ? long.MaxValue : left + right;

    /// <summary>Of squares, in micros squared.</summary>
    public static Int128 Add(Int128 left, Int128 right) => left > Int128.MaxValue - right ? Int128.MaxValue : left + right;
}
