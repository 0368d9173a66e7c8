namespace PmOrleans.Gateway.Http;

/// <summary>A kind of refusal: its code, HTTP status, title, and what a caller should know and do.</summary>
/// <param name="Code">Last part of the problem's <c>type</c>, <c>/problems/{code}</c>, where <paramref name="Advice"/> is served.</param>
internal sealed record Problem(string Code, int Status, string Title, string Advice)
{
    public static readonly Problem Invalid = new("invalid", 400, "The request is not valid",
        "Every mistake is listed under errors, by field. Nothing was applied. Correct the request; repeating it as it is will not help.");

    public static readonly Problem NothingAccepted = new("nothing-accepted", 400, "No touchpoint was accepted",
        "Every touchpoint of the body was refused; rejected lists them by index, from 0. Nothing was applied.");

    public static readonly Problem Unauthorized = new("unauthorized", 401, "The call needs a key",
        "This process lets in who sends 'Authorization: Bearer' with a key that its operator has made. Nothing was applied. Ask the operator for one; repeating the call without will not help.");

    public static readonly Problem Forbidden = new("forbidden", 403, "The key is not good for this call",
        "The key is known, and its scopes do not include the one that this call needs. Nothing was applied. Use another key, or have the operator add the scope.");

    public static readonly Problem OtherSite = new("other-site", 403, "A page of another site asked for this",
        "A browser sent this for a page of another site, which may not do it in the name of whoever looks at the page. Nothing was applied. Call from a server, or with a JSON body.");

    public static readonly Problem NotFound = new("not-found", 404, "There is no such thing",
        "The address, or something the request names, does not exist here. Ids are case-sensitive and percent-encoded in paths.");

    public static readonly Problem MethodNotAllowed = new("method-not-allowed", 405, "This address does not take that method",
        "The Allow header lists the methods it takes.");

    public static readonly Problem Timeout = new("request-timeout", 408, "The body did not arrive in time",
        "The connection was too slow to deliver the body. Nothing was applied.");

    public static readonly Problem Conflict = new("conflict", 409, "The id is taken",
        "A decision id answers one request for ever, and the same came with another body or another customer; or an alias is the id of another customer, or was an erased one's. Nothing was applied; use another id.");

    public static readonly Problem Erased = new("erased", 410, "The customer was erased",
        "The customer behind this id was erased on demand. Nothing about this id is kept or accepted any more.");

    public static readonly Problem PreconditionFailed = new("precondition-failed", 412, "The catalog has moved on",
        "Somebody published since the version named in If-Match. Read the catalog again, apply the change to it and publish with its ETag.");

    public static readonly Problem DraftChanged = new("draft-changed", 412, "Somebody else has changed the draft",
        "The draft is not the one named in If-Match any more. Nothing was stored. Read it again, apply the change to it and save it with its ETag.");

    public static readonly Problem TooLarge = new("too-large", 413, "The body is too large",
        "The body has more bytes or more items than allowed. Nothing was applied. Send it in parts.");

    public static readonly Problem UnsupportedMedia = new("unsupported-media-type", 415, "The body's type is not understood",
        "Bodies are JSON in UTF-8: send Content-Type: application/json. Touchpoints may also be application/x-ndjson. Nothing is taken compressed.");

    public static readonly Problem WrongHost = new("wrong-host", 421, "This process is not called by that name",
        "Who needs no key may call it as localhost, by an address in digits, or by a name that its operator has given (--hosts). Nothing was applied. Use one of these, or have the name added.");

    public static readonly Problem CatalogErrors = new("catalog-errors", 422, "The catalog has errors",
        "problems lists every error with its place. The live catalog was not touched.");

    public static readonly Problem PreconditionRequired = new("precondition-required", 428, "Say which catalog version you have seen",
        "Publishing over a live catalog needs If-Match with the ETag of the version the change is based on, or If-Match: * to publish over whatever is live.");

    public static readonly Problem HeadersTooLarge = new("headers-too-large", 431, "The headers are too large",
        "The request line or the headers are larger than the server takes.");

    public static readonly Problem Internal = new("internal", 500, "Something is broken here",
        "This is a defect of the server. The outcome is not known; repeat with the same ids. The log has an entry with the same traceId.");

    public static readonly Problem Overloaded = new("overloaded", 503, "Too much is under way",
        "Refused before anything was applied. Repeat after the seconds in Retry-After, with the same ids.");

    public static readonly Problem Unavailable = new("unavailable", 503, "The node cannot serve at the moment",
        "The log cannot be written or read, or the node is starting or stopping. If something was sent, repeat it with the same ids after the seconds in Retry-After.");

    public static readonly Problem Deadline = new("deadline", 504, "The deadline passed",
        "The request may have been applied. Repeat it with the same decisionId: it is then answered without being counted again.");

    public static IReadOnlyList<Problem> All { get; } =
    [
        Invalid, NothingAccepted, Unauthorized, Forbidden, OtherSite, NotFound, MethodNotAllowed, Timeout, Conflict, Erased, PreconditionFailed, DraftChanged, TooLarge,
        UnsupportedMedia, WrongHost, CatalogErrors, PreconditionRequired, HeadersTooLarge, Internal, Overloaded, Unavailable, Deadline,
    ];

    /// <summary>The problem that stands for a bare status.</summary>
    public static Problem OfStatus(int status) =>
        All.FirstOrDefault(problem => problem.Status == status) ?? (status >= 500 ? Internal : Invalid);
}
