namespace PmOrleans.Gateway.Http;

/// <summary>
/// Tells a caller which silo has the customer. Asking at that silo's gateway saves a hop; asking anywhere else is as right. It may be out of date with the next
/// answer, and a single process gives none.
/// </summary>
internal static class RoutingHint
{
    public const string Header = "PmOrleans-Silo";

    /// <param name="node">Name of the silo; <c>null</c>: not known, or several.</param>
    public static void Write(HttpContext context, string? node)
    {
        if (node is not null)
        {
            context.Response.Headers[Header] = node;
        }
    }
}
