using PmOrleans.Node.Tests.Log;

namespace PmOrleans.Conformance;

internal static class HostAvailability
{
    public static string? Lack => PostgresServer.Lack;
}
