namespace PmOrleans.Conformance;

/// <summary>A case; skipped, saying so, where the host has not what it needs.</summary>
public sealed class CaseFactAttribute : FactAttribute
{
    public CaseFactAttribute() => Skip = HostAvailability.Lack;
}
