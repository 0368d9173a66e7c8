using System.Text;
using PmOrleans.GrainInterfaces.Serialization;
using PmOrleans.Node.Log;

namespace PmOrleans.Grains.Cluster;

/// <summary>Which silo process writes under an epoch: kept in the store, so that others know whose log it is when membership says that the silo is dead.</summary>
/// <param name="Silo">Address and generation: one process.</param>
/// <param name="AcknowledgesEarly">It answers before the store has it: what it held when it died may be spent without trace.</param>
/// <param name="Reads">The newest format between silos that it reads.</param>
internal sealed record SiloMark(SiloAddress Silo, bool AcknowledgesEarly, WireFormat Reads)
{
    public Task WriteAsync(INodeLog log)
    {
        var value = Encoding.UTF8.GetBytes(FormattableString.Invariant($"{(AcknowledgesEarly ? 'a' : 's')} {(int)Reads} {Silo.ToParsableString()}"));
        return log.WriteAsync(transaction => transaction.SetValue(KeyOf(log.Epoch), value));
    }

    /// <param name="node">Reader of the node whose epoch it is.</param>
    /// <returns><c>null</c>: not said yet.</returns>
    public static SiloMark? Read(ILogReader node, long epoch) => node.GetValue(KeyOf(epoch)) is { } saved && Encoding.UTF8.GetString(saved).Split(' ') is [var mode, var reads, var silo]
        ? new SiloMark(SiloAddress.FromParsableString(silo), mode == "a", (WireFormat)int.Parse(reads, System.Globalization.CultureInfo.InvariantCulture))
        : null;

    private static string KeyOf(long epoch) => FormattableString.Invariant($"node.silo.{epoch}");
}
