namespace PmOrleans.Simulator.Http;

/// <summary>Just enough of HTTP/1.1 to know where an answer ends and what its status is.</summary>
public static class ResponseFrame
{
    /// <summary>Bytes of the whole answer once its end can be known, or -1; the status once the head is here.</summary>
    public static int Length(ReadOnlySpan<byte> received, out int status)
    {
        status = 0;
        var end = received.IndexOf("\r\n\r\n"u8);
        if (end < 0 || received.Length < 12)
        {
            return -1;
        }

        status = ((received[9] - '0') * 100) + ((received[10] - '0') * 10) + (received[11] - '0');
        var head = received[..end];
        var at = head.IndexOf("Content-Length: "u8);
        if (at >= 0)
        {
            var length = 0;
            for (var i = at + 16; i < head.Length && head[i] is >= (byte)'0' and <= (byte)'9'; i++)
            {
                length = (length * 10) + (head[i] - '0');
            }

            return end + 4 + length;
        }

        if (head.IndexOf("Transfer-Encoding: chunked"u8) < 0)
        {
            // 204, 304 and the like have no body.
            return end + 4;
        }

        // The last chunk ends it; one answer at a time is under way.
        return received.EndsWith("0\r\n\r\n"u8) ? received.Length : -1;
    }
}
