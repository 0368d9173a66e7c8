namespace PmOrleans.Node.Tests.Log;

/// <summary>A file is always to be had.</summary>
internal static class StoreAvailability
{
    public static string? Lack => null;
}
