using System.Buffers;

namespace PmOrleans.Gateway.Http;

/// <summary>A body in one pooled buffer; belongs to one request and is given back with <see cref="Dispose"/>.</summary>
internal sealed class RequestBody : IDisposable
{
    private const int FirstBuffer = 64 * 1024;

    private byte[]? _buffer;

    private RequestBody(byte[] buffer, int length)
    {
        _buffer = buffer;
        Length = length;
    }

    public int Length { get; }

    public ReadOnlySpan<byte> Span => Memory.Span;

    public ReadOnlyMemory<byte> Memory => (_buffer ?? throw new ObjectDisposedException(nameof(RequestBody))).AsMemory(0, Length);

    /// <summary>Reads the whole body.</summary>
    /// <param name="limit">Largest allowed length in bytes.</param>
    /// <param name="lease">Bytes charged for this request; a body of unknown length charges more as it comes.</param>
    /// <returns><c>null</c> when it is larger than the limit, or when the lease could not grow; see <see cref="ByteLease.IsRefused"/>.</returns>
    /// <exception cref="BadHttpRequestException">The body does not arrive whole: its framing is broken, it is too slow, or the caller has gone.</exception>
    public static async ValueTask<RequestBody?> ReadAsync(HttpContext context, int limit, ByteLease lease)
    {
        if (context.Request.ContentLength is { } declared && declared > limit)
        {
            return null;
        }

        // A declared length is a claim: the buffer follows what really comes.
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(context.Request.ContentLength ?? 4096, 1, FirstBuffer));
        var length = 0;
        var complete = false;
        try
        {
            var reader = context.Request.BodyReader;
            while (true)
            {
                var result = await reader.ReadAsync(context.RequestAborted);
                var received = result.Buffer;
                if (received.Length > limit - length || !lease.Grow(length + received.Length))
                {
                    reader.AdvanceTo(received.End);
                    return null;
                }

                if (received.Length > buffer.Length - length)
                {
                    buffer = Larger(buffer, length, (int)Math.Min(limit, Math.Max(buffer.Length * 2L, length + received.Length)));
                }

                received.CopyTo(buffer.AsSpan(length));
                length += (int)received.Length;
                reader.AdvanceTo(received.End);
                if (result.IsCompleted)
                {
                    complete = true;
                    return new RequestBody(buffer, length);
                }
            }
        }
        catch (IOException broken) when (broken is not BadHttpRequestException)
        {
            throw new BadHttpRequestException(broken.Message, StatusCodes.Status400BadRequest, broken);
        }
        finally
        {
            if (!complete)
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    public void Dispose()
    {
        if (_buffer is { } buffer)
        {
            _buffer = null;
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static byte[] Larger(byte[] buffer, int length, int size)
    {
        var larger = ArrayPool<byte>.Shared.Rent(size);
        buffer.AsSpan(0, length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }
}
