using System.Text.Json;
using PmOrleans.Gateway.Json;
using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Http;

/// <summary>Writes refusals as RFC 9457 problem documents.</summary>
internal static class ProblemAnswer
{
    public const string ContentType = "application/problem+json";

    /// <summary>Answers with a problem.</summary>
    /// <param name="extend">Writes further members.</param>
    public static Task WriteAsync(
        HttpContext context, Problem problem, string detail, IReadOnlyDictionary<string, string[]>? errors = null, Action<Utf8JsonWriter>? extend = null)
    {
        var response = context.Response;
        response.StatusCode = problem.Status;
        if (problem.Status == StatusCodes.Status503ServiceUnavailable && response.Headers.RetryAfter.Count == 0)
        {
            response.Headers.RetryAfter = "1";
        }

        response.Headers.CacheControl = "no-store";
        GatewayMeter.Refused(problem.Code);
        var json = JsonAnswer.Begin();
        json.WriteStartObject();
        json.WriteString("type"u8, $"/problems/{problem.Code}");
        json.WriteString("title"u8, problem.Title);
        json.WriteNumber("status"u8, problem.Status);
        json.WriteString("detail"u8, detail);
        if (errors is { Count: > 0 })
        {
            json.WritePropertyName("errors"u8);
            WriteErrors(json, errors);
        }

        extend?.Invoke(json);
        json.WriteEndObject();
        return JsonAnswer.SendAsync(context, ContentType);
    }

    /// <summary>Answers with what the node refused.</summary>
    public static Task WriteAsync(HttpContext context, Refusal refusal, Action<Utf8JsonWriter>? extend = null)
    {
        var problem = Of(refusal.Kind);
        if (problem.Status == StatusCodes.Status503ServiceUnavailable)
        {
            RetryAfter(context, refusal.RetryAfter ?? TimeSpan.Zero);
        }

        return WriteAsync(context, problem, refusal.Detail, refusal.Errors, extend);
    }

    /// <summary>Whole seconds, at least one: a fraction would send everybody back at once.</summary>
    public static void RetryAfter(HttpContext context, TimeSpan wait) =>
        context.Response.Headers.RetryAfter =
            ((long)Math.Clamp(Math.Ceiling(wait.TotalSeconds), 1, 3600)).ToString(System.Globalization.CultureInfo.InvariantCulture);

    public static void WriteErrors(Utf8JsonWriter json, IReadOnlyDictionary<string, string[]> errors)
    {
        json.WriteStartObject();
        foreach (var (field, messages) in errors)
        {
            json.WriteStartArray(field);
            foreach (var message in messages)
            {
                json.WriteStringValue(message);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static Problem Of(RefusalKind kind) => kind switch
    {
        RefusalKind.Invalid => Problem.Invalid,
        RefusalKind.NotFound => Problem.NotFound,
        RefusalKind.Conflict => Problem.Conflict,
        RefusalKind.Erased => Problem.Erased,
        RefusalKind.PreconditionFailed => Problem.PreconditionFailed,
        RefusalKind.Unprocessable => Problem.CatalogErrors,
        RefusalKind.Overloaded => Problem.Overloaded,
        RefusalKind.Unavailable => Problem.Unavailable,
        RefusalKind.DeadlineExceeded => Problem.Deadline,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "A kind of refusal without a status."),
    };
}
