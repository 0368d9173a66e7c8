using System.Text;
using Xunit.Abstractions;

namespace PmOrleans.Decisioning.Tests.Rules.Conformance;

/// <summary>
/// The public conformance files of the CEL specification (tests/simple/testdata). They are not part of this repository; without them the tests
/// are skipped.
/// </summary>
public sealed class ConformanceTests(ITestOutputHelper output)
{
    private static readonly string Documentation = File.ReadAllText(Path.Combine(ConformanceFolder.Repository, "docs", "cel.md"));

    /// <summary>Files of the language itself; the rest are extensions or wholly about protocol buffers.</summary>
    public static TheoryData<string> LanguageFiles => new(
        "basic", "comparisons", "conversions", "fields", "fp_math", "integer_math", "lists", "logic", "macros", "namespace", "parse", "plumbing",
        "string", "timestamps", "type_deduction");

    [ConformanceTheory]
    [MemberData(nameof(LanguageFiles))]
    public void every_case_that_needs_no_protocol_buffers_comes_out_as_the_specification_says(string file)
    {
        var failures = new StringBuilder();
        var counts = new int[4];
        var skipped = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var section in TextProto.Parse(File.ReadAllText(Path.Combine(ConformanceFolder.Path!, file + ".textproto"))).Messages("section"))
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

        // What is skipped, and why, is told where rules are explained; a row there that is not true any more is a failure too.
        Assert.Contains($"| {file} | {counts[0]} | {counts[1]} | {counts[2]} | {counts[3]} |", Documentation, StringComparison.Ordinal);
        Assert.Equal(
            skipped.Select(entry => $"| {file} | {entry.Value} | {entry.Key} |").Order(StringComparer.Ordinal),
            Documentation.Split('\n').Where(line => line.StartsWith($"| {file} | ", StringComparison.Ordinal) && line.Count(c => c == '|') == 4).Order(StringComparer.Ordinal));
    }
}
