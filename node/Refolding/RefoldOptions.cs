namespace PmOrleans.Node.Refolding;

/// <summary>How fast customers are folded anew in the background.</summary>
/// <param name="Threads">At work at the same time, 1 or more.</param>
/// <param name="CustomersPerSecond">At most, 1 or more.</param>
internal readonly record struct RefoldOptions(int Threads, int CustomersPerSecond);
