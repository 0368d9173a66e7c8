using Microsoft.Net.Http.Headers;
using PmOrleans.Decisioning.Form;

namespace PmOrleans.Gateway.Http;

/// <summary>What kinds of body are understood.</summary>
internal static class ContentTypes
{
    public const string Json = "application/json";
    public const string Lines = "application/x-ndjson";

    public static bool IsJson(HttpRequest request) => request.ContentType == Json || Is(request, Json);

    public static bool IsLines(HttpRequest request) => Is(request, Lines);

    /// <summary>Whether the body came compressed, which no address takes: its bytes are charged and limited as they come.</summary>
    public static bool IsCoded(HttpRequest request) =>
        request.Headers.ContentEncoding is { Count: > 0 } coding && !coding.ToString().Trim().Equals("identity", StringComparison.OrdinalIgnoreCase);

    public static Task RefuseCodingAsync(HttpContext context)
    {
        context.Response.Headers.AcceptEncoding = "identity";
        return ProblemAnswer.WriteAsync(context, Problem.UnsupportedMedia,
            $"Content-Encoding is '{Labels.Shown(context.Request.Headers.ContentEncoding.ToString())}'; bodies are taken as they are, not compressed. Nothing was applied.");
    }

    /// <summary>Refuses a body for its type, with the types of its address.</summary>
    public static Task RefuseAsync(HttpContext context) =>
        RefuseAsync(context, context.Request.Path.StartsWithSegments("/v1/touchpoints", StringComparison.OrdinalIgnoreCase) ? $"{Json} or {Lines}" : Json);

    private static Task RefuseAsync(HttpContext context, string wanted)
    {
        var sent = context.Request.ContentType is { Length: > 0 } type ? $"'{Labels.Shown(type)}'" : "missing";
        return ProblemAnswer.WriteAsync(context, Problem.UnsupportedMedia, $"Content-Type is {sent}; needed is {wanted}, in UTF-8.");
    }

    private static bool Is(HttpRequest request, string wanted) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
        && type.MediaType.Equals(wanted, StringComparison.OrdinalIgnoreCase)
        && (!type.Charset.HasValue || type.Charset.Value!.Trim('"').Equals("utf-8", StringComparison.OrdinalIgnoreCase));
}
