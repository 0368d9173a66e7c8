using System.Diagnostics;
using System.Net.Security;
using System.Net.Sockets;
using PmOrleans.Node.Time;
using PmOrleans.Simulator.Http;

namespace PmOrleans.Simulator.Load;

/// <summary>One keep-alive connection with one request under way at most: the next is sent where the last was answered, without a thread of its own.</summary>
internal sealed class LoadConnection(GatewayUnderLoad gateway) : IDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly RequestBuffer _request = new();
    private SslStream? _secure;
    private Arrival _arrival;
    private int _isBusy;
    private int _isLost;

    /// <summary>It was open and is no more.</summary>
    public bool IsLost => Volatile.Read(ref _isLost) == 1;

    /// <exception cref="System.Security.Authentication.AuthenticationException">The certificate is not one to be trusted.</exception>
    public async Task OpenAsync(Uri url, GatewayTrust trust, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(5));
        await _socket.ConnectAsync(url.IdnHost, url.Port, limit.Token);
        if (url.Scheme == Uri.UriSchemeHttps)
        {
            _secure = new SslStream(new NetworkStream(_socket));
            await _secure.AuthenticateAsClientAsync(trust.For(url.IdnHost), limit.Token);
        }
    }

    /// <summary>Begins to take answers; once, when the gateway counts the connection among its own.</summary>
    public void Listen() => _ = ReceiveAsync();

    /// <summary>Sends a request; the connection must be idle.</summary>
    public void Send(in Arrival arrival, Workload workload)
    {
        _arrival = arrival;
        Volatile.Write(ref _isBusy, 1);
        try
        {
            var request = workload.Request(arrival.Number, arrival.Kind, TimeProvider.System.NowMicros(), _request);
            if (_secure is not null)
            {
                _secure.Write(request);
                return;
            }

            for (var sent = 0; sent < request.Length;)
            {
                sent += _socket.Send(request[sent..]);
            }
        }
        catch (Exception lost) when (IsLoss(lost))
        {
            Lose(lost.Message);
        }
    }

    public void Dispose()
    {
        _socket.Dispose();
        _secure?.Dispose();
    }

    private static bool IsLoss(Exception failed) => failed is SocketException or ObjectDisposedException or IOException;

    private ValueTask<int> ReadAsync(Memory<byte> room) => _secure is null ? _socket.ReceiveAsync(room) : _secure.ReadAsync(room);

    private async Task ReceiveAsync()
    {
        var received = 0;
        try
        {
            while (true)
            {
                var read = received == _buffer.Length ? 0 : await ReadAsync(_buffer.AsMemory(received));
                if (read == 0)
                {
                    Lose(received == _buffer.Length ? "an answer is longer than 64 KiB" : "closed by the gateway");
                    return;
                }

                received += read;
                if (Volatile.Read(ref _isBusy) == 0)
                {
                    Lose("an answer came that nobody asked for");
                    return;
                }

                var length = ResponseFrame.Length(_buffer.AsSpan(0, received), out var status);
                if (length < 0 || received < length)
                {
                    continue;
                }

                received = 0;
                var arrival = _arrival;
                Volatile.Write(ref _isBusy, 0);
                gateway.Answered(this, arrival, status, Stopwatch.GetTimestamp());
            }
        }
        catch (Exception lost) when (IsLoss(lost))
        {
            Lose(lost.Message);
        }
    }

    private void Lose(string why)
    {
        var wasBusy = Interlocked.Exchange(ref _isBusy, 0) == 1;
        var isFirst = Interlocked.Exchange(ref _isLost, 1) == 0;
        Dispose();
        if (isFirst || wasBusy)
        {
            gateway.Lost(this, isFirst, wasBusy ? _arrival : null, why);
        }
    }
}
