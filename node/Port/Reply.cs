namespace PmOrleans.Node.Port;

/// <summary>Why a request was not served. Each kind has one HTTP status.</summary>
public enum RefusalKind
{
    /// <summary>400: the request breaks a rule; see the errors.</summary>
    Invalid,

    /// <summary>404: no such customer, decision, placement, campaign, segment.</summary>
    NotFound,

    /// <summary>409: the id was used with another body or customer.</summary>
    Conflict,

    /// <summary>410: the customer behind this id was erased.</summary>
    Erased,

    /// <summary>412: the catalog moved on since the version named in If-Match.</summary>
    PreconditionFailed,

    /// <summary>422: the catalog has errors.</summary>
    Unprocessable,

    /// <summary>503: too much is queued; nothing was applied.</summary>
    Overloaded,

    /// <summary>503: the log cannot be written or read now; what was sent is not applied, or its outcome is not known yet.</summary>
    Unavailable,

    /// <summary>504: the deadline passed; the request may have been applied. Repeat it with the same id.</summary>
    DeadlineExceeded,
}

/// <summary>A refusal with its reason.</summary>
/// <param name="Errors">Field path to messages, each naming value and limit.</param>
public sealed record Refusal(
    RefusalKind Kind, string Detail, IReadOnlyDictionary<string, string[]>? Errors = null, TimeSpan? RetryAfter = null);

/// <summary>A value or a refusal.</summary>
public readonly record struct Reply<T>(T? Value, Refusal? Refusal)
    where T : class
{
    public bool IsRefused => Refusal is not null;

    /// <summary>Name of the node that the customer is on, where there are several and it is known: whoever asks there next time saves a hop.</summary>
    public string? Node { get; init; }

    public static implicit operator Reply<T>(T value) => new(value, null);

    public static implicit operator Reply<T>(Refusal refusal) => new(null, refusal);

    public static Reply<T> From(T value) => value;
}
