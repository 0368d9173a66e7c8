namespace PmOrleans.Gateway.Tests;

/// <summary>Which store a command takes: told by the message that there is none.</summary>
public sealed class CommandEnvironmentTests : IDisposable
{
    private static readonly (string, string)[] Environment = [("PMORLEANS_DATA", "of-environment"), ("PMORLEANS_CONNECTION", "Username=of-environment")];

    private readonly string _folder = Directory.CreateTempSubdirectory("pmorleans-").FullName;

    [Theory]
    [InlineData("of-environment/node.db", 1, "verify")]
    [InlineData("of-environment/node.db", 2, "backup", "--to", "file")]
    [InlineData("has no Host", 2, "verify")]
    [InlineData("has no Host", 2, "cut", "--before", "2026-11-01")]
    [InlineData("mine/node.db", 2, "verify", "--data", "mine")]
    [InlineData("mine/node.db", 2, "cut", "--data", "mine", "--before", "2026-11-01")]
    [InlineData("of-environment/node.db", 1, "archive", "read")]
    [InlineData("has no Host", 2, "archive", "read")]
    [InlineData("mine/node.db", 2, "archive", "read", "--data", "mine")]
    public async Task it_is_that_of_the_command_line_else_that_of_the_environment(string told, int variables, params string[] arguments)
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "log-0123456789ab-000000000000001-000000000000002.ndjson.gz"), "");

        var (exitCode, _, error) = await GatewayProcess.RunAsync(_folder, [.. Environment[..variables], ("PMORLEANS_EXPORT", _folder)], arguments);

        Assert.Equal(2, exitCode);
        Assert.Contains(told, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--data is '', which names no folder", "cut", "--before", "2026-11-01", "--data", "")]
    [InlineData("--export is ' ', which names no folder", "archive", "list", "--export", " ")]
    [InlineData("--to is '', which names no file", "backup", "--to", "")]
    [InlineData("--keys is '', which names no file", "key", "--name", "n", "--scopes", "all", "--keys", "")]
    public async Task what_a_shell_makes_of_a_variable_that_is_not_set_is_refused(string told, params string[] arguments)
    {
        var (exitCode, _, error) = await GatewayProcess.RunAsync(_folder, arguments);

        Assert.Equal(2, exitCode);
        Assert.StartsWith("pmorleans: " + told, error, StringComparison.Ordinal);
        Assert.Single(error.Trim().Split('\n'));
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public async Task what_was_given_does_not_turn_the_refusal_around()
    {
        var (exitCode, _, error) = await GatewayProcess.RunAsync(_folder, "verify", "--data", "a\u202Eb\u001B[2J");

        Assert.Equal(2, exitCode);
        Assert.Contains("a\uFFFDb\uFFFD[2J", error, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
