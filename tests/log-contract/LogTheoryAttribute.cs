namespace PmOrleans.Node.Tests.Log;

/// <summary>A rule of the contract with cases; skipped, saying so, where the store cannot be had.</summary>
public sealed class LogTheoryAttribute : TheoryAttribute
{
    public LogTheoryAttribute() => Skip = StoreAvailability.Lack;
}
