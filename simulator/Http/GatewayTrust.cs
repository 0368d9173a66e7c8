using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PmOrleans.Simulator.Http;

/// <summary>Which certificates are taken for a gateway's, over <c>https</c>.</summary>
public sealed class GatewayTrust
{
    private readonly X509Certificate2Collection? _authorities;
    private readonly bool _isBlind;

    private GatewayTrust(X509Certificate2Collection? authorities, bool isBlind) => (_authorities, _isBlind) = (authorities, isBlind);

    /// <summary>Those that this machine trusts.</summary>
    public static GatewayTrust Machine { get; } = new(null, isBlind: false);

    /// <param name="authorityFile">PEM file of the only authorities to be trusted; <c>null</c>: the machine's.</param>
    /// <param name="isBlind">Take any certificate, for anybody's.</param>
    /// <exception cref="InputException">The file cannot be read, or holds no certificate; or both are given.</exception>
    public static GatewayTrust Of(string? authorityFile, bool isBlind)
    {
        if (authorityFile is null)
        {
            return isBlind ? new GatewayTrust(null, isBlind: true) : Machine;
        }

        if (isBlind)
        {
            throw new InputException("--ca-file and --insecure exclude each other");
        }

        try
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(authorityFile);
            return authorities.Count > 0 ? new GatewayTrust(authorities, isBlind: false) : throw new InputException($"--ca-file is '{authorityFile}', which holds no certificate; PEM is needed");
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new InputException($"--ca-file is '{authorityFile}', which cannot be read: {failed.Message}", failed);
        }
    }

    /// <param name="host">Whom the certificate must name.</param>
    internal SslClientAuthenticationOptions For(string host)
    {
        var options = new SslClientAuthenticationOptions { TargetHost = host };
        if (_authorities is not null)
        {
            options.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(_authorities);
        }

        if (_isBlind)
        {
#pragma warning disable CA5359 // It is what was asked for, for gateways under test.
            options.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        }

        return options;
    }
}
