using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace PmOrleans.Simulator.Tests.Load;

/// <summary>A server that answers what it is told to, on a free port of this machine.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Socket> _open = [];
    private readonly Func<long, Task<int>> _answer;
    private readonly X509Certificate2? _certificate;
    private readonly Task _accepting;
    private long _requests;

    /// <param name="certificate">Whose the server is over https; <c>null</c>: http.</param>
    /// <param name="answer">Number of the request, from 1, to its status; 0: close everything, as a process that dies does.</param>
    public ScriptedServer(Func<long, Task<int>> answer, X509Certificate2? certificate = null)
    {
        (_answer, _certificate) = (answer, certificate);
        _listener.Start();
        Url = new Uri($"{(certificate is null ? "http" : "https")}://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
        _accepting = AcceptAsync();
    }

    public Uri Url { get; }

    public long Requests => Interlocked.Read(ref _requests);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        Die();
        await _accepting;
        _stop.Dispose();
    }

    private void Die()
    {
        _listener.Stop();
        lock (_open)
        {
            _open.ForEach(socket => socket.Dispose());
            _open.Clear();
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync(_stop.Token);
                lock (_open)
                {
                    _open.Add(socket);
                }

                _ = ServeAsync(socket);
            }
        }
        catch (Exception stopped) when (stopped is OperationCanceledException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // Stopped.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        var buffer = new byte[64 * 1024];
        var received = 0;
        Stream stream = new NetworkStream(socket);
        try
        {
            if (_certificate is not null)
            {
                var secure = new SslStream(stream);
                stream = secure;
                await secure.AuthenticateAsServerAsync(_certificate);
            }

            while (true)
            {
                var read = await stream.ReadAsync(buffer.AsMemory(received));
                received += read;
                if (read == 0)
                {
                    return;
                }

                var text = Encoding.UTF8.GetString(buffer, 0, received);
                var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
                if (end < 0 || received < end + 4 + Length(text))
                {
                    continue;
                }

                received = 0;
                var status = await _answer(Interlocked.Increment(ref _requests));
                if (status == 0)
                {
                    Die();
                    return;
                }

                await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status} X\r\nContent-Length: 2\r\n\r\n{{}}"));
            }
        }
        catch (Exception closed) when (closed is IOException or ObjectDisposedException or AuthenticationException)
        {
            // The other side, or Die.
        }
    }

    private static int Length(string head)
    {
        var at = head.IndexOf("Content-Length: ", StringComparison.Ordinal) + 16;
        return int.Parse(head[at..head.IndexOf('\r', at)], System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>A certificate that names an address and certifies itself.</summary>
    public static X509Certificate2 Certificate(string address)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=gateway", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Parse(address));
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
