namespace PmOrleans.Decisioning.Tests.Rules.Conformance;

/// <summary>Where tests/simple/testdata of the specification lies: named by PMORLEANS_CEL_SPEC, or ../shared/cel-spec/… beside this repository.</summary>
internal static class ConformanceFolder
{
    public static string? Path { get; } = Find();

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("PMORLEANS_CEL_SPEC") is { Length: > 0 } named)
            return named;
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(at.FullName, "PmOrleans.sln")))
            {
                var beside = System.IO.Path.Combine(at.FullName, "..", "shared", "cel-spec", "tests", "simple", "testdata");
                return Directory.Exists(beside) ? beside : null;
            }
        }

        return null;
    }
}
