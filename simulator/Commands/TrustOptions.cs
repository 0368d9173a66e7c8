using System.CommandLine;
using PmOrleans.Simulator.Http;

namespace PmOrleans.Simulator.Commands;

/// <summary>The options that say which certificates are taken for a gateway's.</summary>
internal sealed class TrustOptions
{
    public Option<string?> Authorities { get; } = new("--ca-file") { HelpName = "FILE", Description = "PEM file of the authorities that certify https gateways. Default: those this machine trusts." };

    public Option<bool> Blind { get; } = new("--insecure") { Description = "Take any certificate of an https gateway; for tests." };

    /// <exception cref="InputException">The file cannot be used.</exception>
    public GatewayTrust Read(ParseResult parsed) => GatewayTrust.Of(parsed.GetValue(Authorities), parsed.GetValue(Blind));
}
