namespace PmOrleans.Conformance;

internal static class HostAvailability
{
    /// <summary>Nothing: the host needs a folder only.</summary>
    public static string? Lack => null;
}
