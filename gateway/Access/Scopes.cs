namespace PmOrleans.Gateway.Access;

/// <summary>What a key may be good for (RFC 6749, section 3.3): each call of the API needs one of these, and none includes another.</summary>
internal static class Scopes
{
    /// <summary>The shop: decisions, touchpoints, further ids of a customer.</summary>
    public const string Decide = "decide";

    /// <summary>One customer's profile and history, and logged decisions: personal data.</summary>
    public const string Customers = "customers";

    /// <summary>The end of a customer.</summary>
    public const string Erase = "erase";

    /// <summary>Catalog, drafts, campaigns, segments, experiments and policies, to look at and to try.</summary>
    public const string Read = "read";

    /// <summary>Storing and deleting drafts, which nobody is shown.</summary>
    public const string Draft = "draft";

    /// <summary>What changes what is shown: publishing, roll back, pause, stock.</summary>
    public const string Publish = "publish";

    public static IReadOnlyList<string> All { get; } = [Decide, Customers, Erase, Read, Draft, Publish];
}
