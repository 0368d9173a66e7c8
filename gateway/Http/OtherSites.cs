using PmOrleans.Decisioning.Form;

namespace PmOrleans.Gateway.Http;

/// <summary>Keeps pages of other sites from acting through the browser of somebody who can reach this address.</summary>
/// <remarks>
/// A browser lets any page send a POST without a body, or with one of a form or of plain text; for everything else it asks first, and nobody answers here. Browsers
/// say in <c>Sec-Fetch-Site</c> whose page it was (W3C Fetch Metadata); other callers do not send it.
/// </remarks>
internal static class OtherSites
{
    private const string Header = "Sec-Fetch-Site";

    public static bool Asks(HttpRequest request) =>
        HttpMethods.IsPost(request.Method)
        && request.Headers[Header] is { Count: > 0 } site
        && site.ToString() is not ("same-origin" or "none")
        && !ContentTypes.IsJson(request)
        && !ContentTypes.IsLines(request);

    public static Task RefuseAsync(HttpContext context) => ProblemAnswer.WriteAsync(context, Problem.OtherSite,
        $"{Header} is '{Labels.Shown(context.Request.Headers[Header].ToString())}'; without a JSON body allowed are 'same-origin', 'none', or no such header. Nothing was applied.");
}
