using PmOrleans.Node.Log;

namespace PmOrleans.Node.Leases;

/// <summary>
/// Noted in the store for an epoch under which answers are given before the disk has them (<c>commit: async</c>), until it has stopped in order: what it held when it
/// ended otherwise may be spent without trace, and whoever frees its leases, under whatever options, counts that as spent.
/// </summary>
public static class EarlyAnswers
{
    /// <summary>Before the first answer; on the disk when it completes.</summary>
    public static Task NoteAsync(INodeLog log) => log.WriteAsync(transaction => transaction.SetValue(KeyOf(log.Epoch), [1]));

    /// <summary>Behind the last record: when it completes, all of them are on the disk.</summary>
    public static Task ForgetAsync(INodeLog log) => log.WriteAsync(transaction => transaction.SetValue(KeyOf(log.Epoch), null));

    /// <param name="node">Reader of the node whose epoch it is.</param>
    public static bool MayBeLost(ILogReader node, long epoch) => node.GetValue(KeyOf(epoch)) is not null;

    private static string KeyOf(long epoch) => FormattableString.Invariant($"node.early.{epoch}");
}
