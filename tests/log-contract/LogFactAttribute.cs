namespace PmOrleans.Node.Tests.Log;

/// <summary>A rule of the contract; skipped, saying so, where the store cannot be had.</summary>
public sealed class LogFactAttribute : FactAttribute
{
    public LogFactAttribute() => Skip = StoreAvailability.Lack;
}
