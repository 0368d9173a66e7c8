using Microsoft.Net.Http.Headers;

namespace PmOrleans.Gateway.Http;

/// <summary>What kinds of body are understood.</summary>
internal static class ContentTypes
{
    public const string Json = "application/json";
    public const string Lines = "application/x-ndjson";

    public static bool IsJson(HttpRequest request) => request.ContentType == Json || Is(request, Json);

    public static bool IsLines(HttpRequest request) => Is(request, Lines);

    public static Task RefuseAsync(HttpContext context, string wanted)
    {
        var sent = context.Request.ContentType is { Length: > 0 } type ? $"'{PmOrleans.Gateway.Json.JsonInput.Shown(type)}'" : "missing";
        return ProblemAnswer.WriteAsync(context, Problem.UnsupportedMedia, $"Content-Type is {sent}; needed is {wanted}, in UTF-8.");
    }

    private static bool Is(HttpRequest request, string wanted) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
        && type.MediaType.Equals(wanted, StringComparison.OrdinalIgnoreCase)
        && (!type.Charset.HasValue || type.Charset.Value!.Trim('"').Equals("utf-8", StringComparison.OrdinalIgnoreCase));
}
