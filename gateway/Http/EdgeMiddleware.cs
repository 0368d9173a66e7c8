using System.Diagnostics;
using Microsoft.AspNetCore.Http.Features;

namespace PmOrleans.Gateway.Http;

/// <summary>Around everything: counts what is under way, lets nothing in while stopping, and turns what goes wrong into problem documents.</summary>
/// <remarks>
/// Nothing of a request is logged but its route template: paths, query strings, bodies and messages of exceptions may name customers.
/// </remarks>
internal sealed partial class EdgeMiddleware(RequestDelegate next, Drain drain, KnownHosts hosts, ILogger<EdgeMiddleware> log)
{
    public async Task InvokeAsync(HttpContext context)
    {
        drain.Enter();
        try
        {
            if (drain.HasBegun && context.Request.Path.StartsWithSegments("/v1", StringComparison.OrdinalIgnoreCase))
            {
                context.Response.Headers.Connection = "close";
                await ProblemAnswer.WriteAsync(context, Problem.Unavailable, "The node is stopping.");
                return;
            }

            if (!hosts.Admits(context.Request))
            {
                await KnownHosts.RefuseAsync(context);
                return;
            }

            if (ContentTypes.IsCoded(context.Request))
            {
                await ContentTypes.RefuseCodingAsync(context);
                return;
            }

            if (OtherSites.Asks(context.Request))
            {
                await OtherSites.RefuseAsync(context);
                return;
            }

            await next(context);
            if (context.Response is { HasStarted: false, StatusCode: >= 400, ContentType: null, ContentLength: null })
            {
                await BareStatusAsync(context);
            }
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The caller left; there is nobody to answer.
        }
        catch (BadHttpRequestException bad) when (!context.Response.HasStarted)
        {
            // The server's own words for 408 name a setting of the server that nobody but its author has.
            await ProblemAnswer.WriteAsync(context, Problem.OfStatus(bad.StatusCode), bad.StatusCode == StatusCodes.Status408RequestTimeout
                ? "The body came more slowly than 240 bytes a second."
                : $"The request is broken: {bad.Message}");
        }
        catch (Exception broken) when (!context.Response.HasStarted)
        {
            await BrokenAsync(context, broken);
        }
        finally
        {
            drain.Leave();
        }
    }

    private static Task BareStatusAsync(HttpContext context)
    {
        var status = context.Response.StatusCode;
        if (status == StatusCodes.Status415UnsupportedMediaType)
        {
            return ContentTypes.RefuseAsync(context);
        }

        var detail = status switch
        {
            StatusCodes.Status404NotFound => "There is nothing at this address; see /openapi/v1.json.",
            StatusCodes.Status405MethodNotAllowed => $"{context.Request.Method} is not among the methods of this address: {context.Response.Headers.Allow}.",
            _ => "The request cannot be served.",
        };
        return ProblemAnswer.WriteAsync(context, Problem.OfStatus(status), detail);
    }

    private Task BrokenAsync(HttpContext context, Exception broken)
    {
        var trace = TraceOf(context);
        var route = (context.Features.Get<IEndpointFeature>()?.Endpoint as RouteEndpoint)?.RoutePattern.RawText ?? "none";
        Broken(route, broken.GetType().FullName ?? "", trace, broken.StackTrace ?? "");
        context.Response.Clear();
        return ProblemAnswer.WriteAsync(context, Problem.Internal, "This is a defect of the server; the outcome is not known.", extend: json => json.WriteString("traceId"u8, trace));
    }

    /// <summary>The trace under way, else the caller's, else this connection's count of requests.</summary>
    private static string TraceOf(HttpContext context) =>
        Activity.Current is { } activity ? activity.TraceId.ToString()
        : ActivityContext.TryParse(context.Request.Headers.TraceParent, null, out var caller) ? caller.TraceId.ToString()
        : context.TraceIdentifier;

    [LoggerMessage(1, LogLevel.Error, "A request to {Route} broke with {Exception}, trace {Trace}: {Stack}")]
    private partial void Broken(string route, string exception, string trace, string stack);
}
