using System.Text;
using Xunit.Abstractions;

namespace PmOrleans.Decisioning.Tests.Rules.Conformance;

/// <summary>
/// The public conformance files of the CEL specification (tests/simple/testdata). They are not part of this repository: the folder is named by
/// PMORLEANS_CEL_SPEC or lies at ../shared/cel-spec/tests/simple/testdata; without it the tests say that they were skipped.
/// </summary>
public sealed class ConformanceTests(ITestOutputHelper output)
{
    /// <summary>Files of the language itself; the rest are extensions or wholly about protocol buffers.</summary>
    public static TheoryData<string> LanguageFiles => new(
        "basic", "comparisons", "conversions", "fields", "fp_math", "integer_math", "lists", "logic", "macros", "namespace", "parse", "plumbing",
        "string", "timestamps", "type_deduction");

    private static string? Folder
    {
        get
        {
            if (Environment.GetEnvironmentVariable("PMORLEANS_CEL_SPEC") is { Length: > 0 } named)
                return named;
            for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
            {
                if (File.Exists(Path.Combine(at.FullName, "PmOrleans.sln")))
                {
                    var beside = Path.Combine(at.FullName, "..", "shared", "cel-spec", "tests", "simple", "testdata");
                    return Directory.Exists(beside) ? beside : null;
                }
            }

            return null;
        }
    }

    [Theory]
    [MemberData(nameof(LanguageFiles))]
    public void every_case_that_needs_no_protocol_buffers_comes_out_as_the_specification_says(string file)
    {
        if (Folder is not { } folder)
        {
            output.WriteLine("SKIPPED: the conformance files are not here; set PMORLEANS_CEL_SPEC.");
            return;
        }

        var failures = new StringBuilder();
        var counts = new int[4];
        var skipped = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var section in TextProto.Parse(File.ReadAllText(Path.Combine(folder, file + ".textproto"))).Messages("section"))
        {
            foreach (var test in section.Messages("test"))
            {
                var (verdict, reason) = ConformanceCase.Run(test);
                counts[(int)verdict]++;
                if (verdict == ConformanceVerdict.Skipped)
                    skipped[reason] = skipped.GetValueOrDefault(reason) + 1;
                if (verdict == ConformanceVerdict.Failed)
                    failures.AppendLine($"{section.Text("name")}/{test.Text("name")}: {test.Text("expr")} -> {reason}");
            }
        }

        output.WriteLine($"{file}: passed {counts[0]}, refused at publish {counts[1]}, skipped {counts[2]}, failed {counts[3]}");
        foreach (var (reason, count) in skipped)
            output.WriteLine($"  skipped {count}: {reason}");
        Assert.True(failures.Length == 0, failures.ToString());
    }
}
