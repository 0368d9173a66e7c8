using System.Net;
using PmOrleans.Decisioning.Form;

namespace PmOrleans.Gateway.Http;

/// <summary>
/// By which names this process may be called. A page whose own name is made to lead to this machine (DNS rebinding) is of the same site to a browser, and where nobody needs a
/// key it could read and change everything. An address in digits is nobody's name.
/// </summary>
internal sealed class KnownHosts
{
    /// <summary>In the place of the names: any.</summary>
    public const string Any = "*";

    private readonly string[]? _names;

    // Nearly all callers send the same one.
    private string? _last;

    public KnownHosts(GatewayOptions options) =>
        _names = options.Hosts?.Split(';') is { } given ? (given.Contains(Any, StringComparer.Ordinal) ? null : given)
            : options.KeyFile is null && options.Urls.Split(';').All(IsThisMachineOnly) ? []
            : null;

    /// <summary>Whether nobody beyond this machine reaches an address that is listened on.</summary>
    public static bool IsThisMachineOnly(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri) && (uri.IsLoopback || (IPAddress.TryParse(uri.Host, out var address) && IPAddress.IsLoopback(address)));

    public bool Admits(HttpRequest request)
    {
        if (_names is null)
        {
            return true;
        }

        var host = request.Headers.Host.ToString();
        if (string.Equals(host, Volatile.Read(ref _last), StringComparison.Ordinal))
        {
            return true;
        }

        if (!Knows(request.Host.Host))
        {
            return false;
        }

        Volatile.Write(ref _last, host);
        return true;
    }

    public static Task RefuseAsync(HttpContext context) => ProblemAnswer.WriteAsync(context, Problem.WrongHost,
        $"Host is '{Labels.Shown(context.Request.Host.Value ?? "")}'; allowed are localhost, an address in digits, and the names that --hosts gives. Nothing was applied.");

    /// <param name="name">Without port; empty when an old client sent none.</param>
    private bool Knows(string name) =>
        name.Length == 0
        || name.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || name.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
        || IPAddress.TryParse(name, out _)
        || _names!.Contains(name, StringComparer.OrdinalIgnoreCase);
}
