using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace PmOrleans.Gateway.Hosting;

/// <summary>The certificate that <c>https</c> addresses show, out of PEM files; read once.</summary>
internal static class ServerCertificate
{
    /// <summary>Nothing where none is named: a developer's own certificate is found by ASP.NET Core.</summary>
    /// <exception cref="StartException">A file cannot be read, or holds no certificate or no key for it.</exception>
    public static void Use(HttpsConnectionAdapterOptions https, GatewayOptions options)
    {
        if (options.CertificateFile is not { } file)
        {
            return;
        }

        try
        {
            https.ServerCertificate = X509Certificate2.CreateFromPemFile(file, options.CertificateKeyFile);
            https.ServerCertificateChain = [];
            https.ServerCertificateChain.ImportFromPemFile(file);
        }
        catch (Exception failed) when (failed is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            var key = options.CertificateKeyFile is { } other ? $" with the key in '{other}'" : "";
            throw new StartException($"--certificate is '{file}'{key}: {failed.Message}", failed);
        }
    }
}
