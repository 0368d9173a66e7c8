using System.Globalization;
using Microsoft.Net.Http.Headers;
using PmOrleans.Decisioning.Form;
using PmOrleans.Gateway.Http;
using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Catalog;

/// <summary>A catalog version as an entity tag, <c>"v7"</c>, and what a publish says it has seen.</summary>
/// <remarks>
/// Publishing over a live catalog without having seen it is how two marketers overwrite each other, so it takes an If-Match; <c>*</c> says that
/// this is wanted. A first publish needs none, and is refused when somebody else was first.
/// </remarks>
internal static class CatalogVersionTag
{
    public static EntityTagHeaderValue Of(int version) => new($"\"v{version.ToString(CultureInfo.InvariantCulture)}\"");

    /// <returns>The version expected, <c>null</c> for any, or a refusal.</returns>
    public static async Task<(int? Version, IResult? Refused)> ExpectedAsync(HttpContext context, IDecisionNode node)
    {
        var header = context.Request.Headers.IfMatch;
        if (header.Count > 0)
        {
            return Parse(header.ToString());
        }

        IResult? refused = null;
        var live = await node.ReadCatalogAsync(context.RequestAborted);
        if (live.Value is { Version: > 0 } catalog)
        {
            context.Response.GetTypedHeaders().ETag = Of(catalog.Version);
            refused = new ProblemResult(Problem.PreconditionRequired,
                $"Version {catalog.Version} is live. Send If-Match: {Of(catalog.Version)} when the change is based on it, or If-Match: *.",
                extend: json => json.WriteNumber("version"u8, catalog.Version));
        }
        else if (live.Refusal is { Kind: not RefusalKind.NotFound } refusal)
        {
            refused = new ProblemResult(refusal);
        }

        return (0, refused);
    }

    /// <summary>A refusal that tells the version that is live, in the body and as ETag.</summary>
    public static async Task<IResult> WithLiveVersionAsync(HttpContext context, IDecisionNode node, Func<int, IResult> refused)
    {
        var live = await node.ReadCatalogAsync(context.RequestAborted);
        var version = live.Value?.Version ?? 0;
        if (version > 0)
        {
            context.Response.GetTypedHeaders().ETag = Of(version);
        }

        return refused(version);
    }

    private static (int? Version, IResult? Refused) Parse(string header)
    {
        if (header.Trim() == "*")
        {
            return (null, null);
        }

        if (EntityTagHeaderValue.TryParse(header, out var tag) && !tag.IsWeak && tag.Tag.AsSpan().Trim('"') is ['v', .. var digits]
            && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var version))
        {
            return (version, null);
        }

        return (null, new ProblemResult("If-Match", $"is {Labels.Shown(header)}; allowed are one ETag of a catalog, such as \"v7\" with its quotes, or *"));
    }
}
