using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace PmOrleans.Ops.Tests;

/// <summary>The Dockerfile without a container engine: its sources are there, and its health check tells life from death.</summary>
public sealed partial class DockerfileTests(RunningSilo silo) : IClassFixture<RunningSilo>
{
    private static readonly string[] Lines = Repository.Read("Dockerfile").Replace("\\\n", " ", StringComparison.Ordinal).Split('\n');

    [Fact]
    public void it_builds_in_one_image_and_runs_in_another_both_pinned_as_nobody_of_importance()
    {
        var stages = Lines.Where(line => line.StartsWith("FROM ", StringComparison.Ordinal)).ToList();

        Assert.Equal(2, stages.Count);
        Assert.All(stages, stage => Assert.Matches(PinnedStage(), stage));
        Assert.True(Array.IndexOf(Lines, "USER $APP_UID") > 0);
        Assert.True(Array.IndexOf(Lines, "USER $APP_UID") > Array.FindLastIndex(Lines, line => line.StartsWith("RUN ", StringComparison.Ordinal)));
        Assert.True(Array.IndexOf(Lines, "ENTRYPOINT [\"dotnet\"]") > 0);
        Assert.True(Array.IndexOf(Lines, "CMD [\"PmOrleans.Silo.dll\"]") > 0);
    }

    [Fact]
    public void whatever_is_copied_is_there_and_not_ignored()
    {
        var allowed = Repository.Read(".dockerignore").Split('\n').Where(line => line.StartsWith('!')).Select(line => line[1..]).ToList();
        var sources = Lines.Where(line => line.StartsWith("COPY ", StringComparison.Ordinal) && !line.Contains("--from", StringComparison.Ordinal))
            .SelectMany(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..^1]).ToList();

        Assert.True(sources.Count >= 16);
        Assert.All(sources, source =>
        {
            Assert.True(Path.Exists(Repository.PathOf(source)), source);
            Assert.True(allowed.Exists(path => source.TrimEnd('/') == path || source.StartsWith(path + "/", StringComparison.Ordinal)), source);
        });
    }

    [Fact]
    public void every_project_that_the_silo_is_made_of_is_copied()
    {
        var needed = new HashSet<string>(StringComparer.Ordinal);
        Collect("silo/PmOrleans.Silo.csproj", needed);
        var text = string.Join('\n', Lines);

        Assert.True(needed.Count >= 6);
        Assert.All(needed, project =>
        {
            var folder = Path.GetDirectoryName(project)!;
            Assert.Contains($"COPY {project} {folder}/", text, StringComparison.Ordinal);
            Assert.Contains($"COPY {folder}/ {folder}/", text, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task its_health_check_tells_a_silo_from_nothing()
    {
        var check = Lines.Single(line => line.StartsWith("HEALTHCHECK ", StringComparison.Ordinal));
        var command = JsonSerializer.Deserialize<string[]>(check[(check.IndexOf("CMD ", StringComparison.Ordinal) + 4)..])!;
        var here = Array.ConvertAll(command, word => word.Replace("8080", silo.Port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
        var nowhere = Array.ConvertAll(command, word => word.Replace("127.0.0.1/8080", "127.0.0.1/1", StringComparison.Ordinal));
        var notFound = Array.ConvertAll(here, word => word.Replace("/healthz", "/nothing", StringComparison.Ordinal));

        Assert.Equal(0, await RunAsync(here));
        Assert.NotEqual(0, await RunAsync(nowhere));
        Assert.NotEqual(0, await RunAsync(notFound));
    }

    private static void Collect(string project, HashSet<string> found)
    {
        if (!found.Add(project))
        {
            return;
        }

        foreach (var reference in XDocument.Parse(Repository.Read(project)).Descendants("ProjectReference"))
        {
            var path = Path.Combine(Path.GetDirectoryName(project)!, (string)reference.Attribute("Include")!);
            Collect(Path.GetRelativePath(Repository.Root, Path.GetFullPath(Repository.PathOf(path))), found);
        }
    }

    private static async Task<int> RunAsync(string[] command)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardError = true, UseShellExecute = false })!;
        await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    [GeneratedRegex(@"^FROM [a-z./]+:\d+\.\d+\.\d+( AS [a-z]+)?$", RegexOptions.ExplicitCapture)]
    private static partial Regex PinnedStage();
}
