namespace PmOrleans.Decisioning.Tests.Rules.Conformance;

/// <summary>A theory over the public conformance files; reported as skipped where they are not at hand.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ConformanceTheoryAttribute : TheoryAttribute
{
    public ConformanceTheoryAttribute()
    {
        if (ConformanceFolder.Path is null)
            Skip = "The conformance files of the CEL specification are not here; name their folder in PMORLEANS_CEL_SPEC.";
    }
}
