namespace PmOrleans.Conformance;

/// <summary>A case with several inputs; skipped, saying so, where the host has not what it needs.</summary>
public sealed class CaseTheoryAttribute : TheoryAttribute
{
    public CaseTheoryAttribute() => Skip = HostAvailability.Lack;
}
