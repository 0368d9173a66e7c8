namespace PmOrleans.Node.Tests.Log;

internal static class StoreAvailability
{
    public static string? Lack => PostgresServer.Lack;
}
