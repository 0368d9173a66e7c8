using System.Net;
using System.Net.Sockets;

namespace PmOrleans.Conformance;

/// <summary>
/// Ports for servers that must be told one. From below the range out of which the system gives ports to connections, and none twice in a process: what was free
/// when it was looked at is still free when the server takes it.
/// </summary>
internal static class LoopbackPort
{
    private const int First = 30_000;
    private const int Count = 2_700;

    // Processes side by side begin at different places.
    private static int _next = Environment.ProcessId * 37;

    public static int Next()
    {
        while (true)
        {
            var port = First + (int)((uint)Interlocked.Increment(ref _next) % Count);
            try
            {
                using var probe = new TcpListener(IPAddress.Loopback, port);
                probe.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody has it.
            }
        }
    }
}
