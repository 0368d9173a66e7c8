using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Npgsql;

namespace PmOrleans.Node.Tests.Log;

/// <summary>Stands between as a pooler that is told to ignore what it does not know: what a client asks for its session when it connects does not reach the server.</summary>
internal sealed class DroppingPooler : IAsyncDisposable
{
    private const int Port = 5433;
    private static readonly string[] Kept = ["user", "database", "client_encoding"];

    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly string _folder = Directory.CreateTempSubdirectory("pmorleans-pooler-").FullName;
    private readonly string _server;
    private readonly Task _accepting;

    /// <param name="server">Over a socket of its folder.</param>
    public DroppingPooler(string server)
    {
        var builder = new NpgsqlConnectionStringBuilder(server);
        _server = Path.Combine(builder.Host!, ".s.PGSQL.5432");
        (builder.Host, builder.Port) = (_folder, Port);
        ConnectionString = builder.ConnectionString;
        _listener.Bind(new UnixDomainSocketEndPoint(Path.Combine(_folder, ".s.PGSQL." + Port)));
        _listener.Listen();
        _accepting = AcceptAsync();
    }

    public string ConnectionString { get; }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
        Directory.Delete(_folder, recursive: true);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = ServeAsync(await _listener.AcceptAsync());
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private async Task ServeAsync(Socket accepted)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(_server));
        await using var client = new NetworkStream(accepted, ownsSocket: true);
        await using var server = new NetworkStream(socket, ownsSocket: true);
        try
        {
            await server.WriteAsync(await ReadStartAsync(client));
            await Task.WhenAny(client.CopyToAsync(server), server.CopyToAsync(client));
        }
        catch (IOException)
        {
            // One of them is gone.
        }
    }

    /// <summary>The first message: its length, the protocol's version, names and values, each ended by a zero, and a zero.</summary>
    private static async Task<byte[]> ReadStartAsync(NetworkStream client)
    {
        var head = new byte[8];
        byte[] body;
        do
        {
            // One that is empty asks for encryption: there is none.
            if (head[3] > 0) await client.WriteAsync("N"u8.ToArray());
            await client.ReadExactlyAsync(head);
            body = new byte[BinaryPrimitives.ReadInt32BigEndian(head) - head.Length];
            await client.ReadExactlyAsync(body);
        }
        while (body.Length == 0);

        var words = Encoding.UTF8.GetString(body).Split('\0');
        var kept = string.Concat(words.Chunk(2).Where(pair => Kept.Contains(pair[0], StringComparer.Ordinal)).Select(pair => $"{pair[0]}\0{pair[1]}\0")) + "\0";
        byte[] message = [.. head, .. Encoding.UTF8.GetBytes(kept)];
        BinaryPrimitives.WriteInt32BigEndian(message, message.Length);
        return message;
    }
}
