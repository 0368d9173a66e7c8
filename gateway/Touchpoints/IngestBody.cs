namespace PmOrleans.Gateway.Touchpoints;

/// <summary>What became of a body of touchpoints, as it is described in the OpenAPI document; written by <see cref="TouchpointHandler"/>.</summary>
/// <param name="Queued">With <c>commit=queued</c> only: durable and not yet applied.</param>
internal sealed record IngestBody(int? Queued, int Accepted, int Duplicates, int Unprotected, string? Hint, IReadOnlyList<RejectedBody> Rejected);

/// <summary>One touchpoint that was not applied.</summary>
internal sealed record RejectedBody(int Index, IReadOnlyDictionary<string, string[]> Errors);
