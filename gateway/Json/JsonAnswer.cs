using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace PmOrleans.Gateway.Json;

/// <summary>Writes an answer into a buffer of the thread and sends it with its length in one piece.</summary>
/// <remarks>
/// Between <see cref="Begin"/> and sending there is no await, so a thread needs one buffer; one that had to grow large is given up.
/// </remarks>
internal static class JsonAnswer
{
    public const string ContentType = "application/json; charset=utf-8";

    private const int LargestKept = 256 * 1024;

    // Answers are never put into HTML by this server, so Chinese stays readable.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    [ThreadStatic]
    private static Utf8JsonWriter? _writer;

    public static Utf8JsonWriter Begin()
    {
        if (_buffer is null || _buffer.Capacity > LargestKept)
        {
            _buffer = new ArrayBufferWriter<byte>(4096);
            _writer = new Utf8JsonWriter(_buffer, Options);
        }

        _buffer.ResetWrittenCount();
        _writer!.Reset(_buffer);
        return _writer;
    }

    /// <summary>Sends what was written since <see cref="Begin"/>.</summary>
    public static Task SendAsync(HttpContext context, string contentType = ContentType)
    {
        _writer!.Flush();
        return SendAsync(context, _buffer!.WrittenSpan, contentType);
    }

    public static Task SendAsync(HttpContext context, ReadOnlySpan<byte> body, string contentType)
    {
        var response = context.Response;
        response.ContentType = contentType;
        response.ContentLength = body.Length;
        response.BodyWriter.Write(body);
        var flush = response.BodyWriter.FlushAsync(context.RequestAborted);
        return flush.IsCompletedSuccessfully ? Task.CompletedTask : flush.AsTask();
    }
}
