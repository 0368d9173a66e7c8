using PmOrleans.Node.Tests.Log;

namespace PmOrleans.Grains.Tests;

/// <summary>Skipped, saying so, where PostgreSQL is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PostgresFactAttribute : FactAttribute
{
    public PostgresFactAttribute() => Skip = PostgresServer.Lack;
}
