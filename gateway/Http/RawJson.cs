using PmOrleans.Gateway.Json;

namespace PmOrleans.Gateway.Http;

/// <summary>A body that is JSON already.</summary>
internal sealed class RawJson(ReadOnlyMemory<byte> json, string contentType = JsonAnswer.ContentType) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext) => JsonAnswer.SendAsync(httpContext, json.Span, contentType);
}
