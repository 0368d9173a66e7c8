using System.Net;
using System.Net.Sockets;

namespace PmOrleans.Benchmarks.Http;

/// <summary>Answers every HTTP request with the same 200, and looks at no more of it than where it ends: what the least server costs.</summary>
public static class BareAnswers
{
    private static readonly byte[] Answer = [.. "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"u8];

    /// <param name="args"><c>--urls http://127.0.0.1:PORT</c>.</param>
    public static async Task RunAsync(string[] args)
    {
        Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
        var url = new Uri(args[Array.IndexOf(args, "--urls") + 1]);
        using var listener = new TcpListener(IPAddress.Loopback, url.Port);
        listener.Start(512);
        while (true)
        {
            _ = ServeAsync(await listener.AcceptSocketAsync());
        }
    }

    private static async Task ServeAsync(Socket socket)
    {
        using var owned = socket;
        socket.NoDelay = true;
        var buffer = new byte[64 * 1024];
        var received = 0;
        try
        {
            while (await socket.ReceiveAsync(buffer.AsMemory(received)) is > 0 and var read)
            {
                received += read;
                if (IsWhole(buffer.AsSpan(0, received)))
                {
                    received = 0;
                    await socket.SendAsync(Answer);
                }
            }
        }
        catch (SocketException)
        {
            // The other side has gone.
        }
    }

    private static bool IsWhole(ReadOnlySpan<byte> request)
    {
        var end = request.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return false;
        }

        var length = 0;
        var at = request[..end].IndexOf("Content-Length: "u8);
        for (var i = at + 16; at >= 0 && i < end && request[i] is >= (byte)'0' and <= (byte)'9'; i++)
        {
            length = (length * 10) + (request[i] - '0');
        }

        return request.Length >= end + 4 + length;
    }
}
