using System.Text;
using PmOrleans.Node.Log;

namespace PmOrleans.Grains.Cluster;

/// <summary>Which silo process writes under an epoch: kept in the store, so that others know whose log it is when membership says that the silo is dead.</summary>
/// <param name="Silo">Address and generation: one process.</param>
/// <param name="AcknowledgesEarly">It answers before the store has it: what it held when it died may be spent without trace.</param>
internal sealed record SiloMark(SiloAddress Silo, bool AcknowledgesEarly)
{
    public Task WriteAsync(INodeLog log)
    {
        var value = Encoding.UTF8.GetBytes($"{(AcknowledgesEarly ? 'a' : 's')}{Silo.ToParsableString()}");
        return log.WriteAsync(transaction => transaction.SetValue(KeyOf(log.Epoch), value));
    }

    /// <param name="node">Reader of the node whose epoch it is.</param>
    /// <returns><c>null</c>: not said yet.</returns>
    public static SiloMark? Read(ILogReader node, long epoch) => node.GetValue(KeyOf(epoch)) is { Length: > 1 } saved
        ? new SiloMark(SiloAddress.FromParsableString(Encoding.UTF8.GetString(saved.AsSpan(1))), saved[0] == 'a')
        : null;

    private static string KeyOf(long epoch) => FormattableString.Invariant($"node.silo.{epoch}");
}
