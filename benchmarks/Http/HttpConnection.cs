using System.Net;
using System.Net.Sockets;
using System.Text;
using PmOrleans.Simulator.Http;

namespace PmOrleans.Benchmarks.Http;

/// <summary>One keep-alive HTTP/1.1 connection that sends prepared bytes and reads just enough of the answer: as little of its own cost as can be.</summary>
public sealed class HttpConnection : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer = new byte[64 * 1024];

    public Task ConnectAsync(int port) => _socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));

    /// <summary>A POST of a JSON body.</summary>
    public static byte[] Request(string path, string json, string contentType = "application/json")
    {
        var body = Encoding.UTF8.GetBytes(json);
        var head = $"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {contentType}\r\nContent-Length: {body.Length}\r\n\r\n";
        return [.. Encoding.ASCII.GetBytes(head), .. body];
    }

    /// <summary>Sends and waits for the whole answer; returns its status.</summary>
    public async ValueTask<int> SendAsync(ReadOnlyMemory<byte> request)
    {
        await _socket.SendAsync(request);
        var received = 0;
        int total = -1, status = 0;
        while (total < 0 || received < total)
        {
            var read = await _socket.ReceiveAsync(_buffer.AsMemory(received));
            if (read == 0)
            {
                throw new IOException("the server closed the connection");
            }

            received += read;
            if (total < 0)
            {
                total = ResponseFrame.Length(_buffer.AsSpan(0, received), out status);
            }
        }

        return status;
    }

    public void Dispose() => _socket.Dispose();
}
