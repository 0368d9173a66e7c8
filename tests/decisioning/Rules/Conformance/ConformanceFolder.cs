namespace PmOrleans.Decisioning.Tests.Rules.Conformance;

/// <summary>Where tests/simple/testdata of the specification lies: named by PMORLEANS_CEL_SPEC, or ../shared/cel-spec/… beside this repository.</summary>
internal static class ConformanceFolder
{
    /// <summary>The checkout in which the tests run.</summary>
    public static string Repository { get; } = FindRepository();

    public static string? Path { get; } = Find();

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("PMORLEANS_CEL_SPEC") is { Length: > 0 } named)
            return named;
        var beside = System.IO.Path.Combine(Repository, "..", "shared", "cel-spec", "tests", "simple", "testdata");
        return Directory.Exists(beside) ? beside : null;
    }

    private static string FindRepository()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(System.IO.Path.Combine(folder, "PmOrleans.sln")))
            folder = System.IO.Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The tests do not run inside the repository.");
        return folder;
    }
}
