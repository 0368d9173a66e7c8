namespace PmOrleans.Gateway.Tests;

/// <summary>Which store a command takes: told by the message that there is none.</summary>
public sealed class CommandEnvironmentTests
{
    private static readonly (string, string)[] Environment = [("PMORLEANS_DATA", "of-environment"), ("PMORLEANS_CONNECTION", "Username=of-environment")];

    [Theory]
    [InlineData("of-environment/node.db", 1, "verify")]
    [InlineData("of-environment/node.db", 2, "backup", "--to", "file")]
    [InlineData("has no Host", 2, "verify")]
    [InlineData("has no Host", 2, "cut", "--before", "2026-11-01")]
    [InlineData("mine/node.db", 2, "verify", "--data", "mine")]
    [InlineData("mine/node.db", 2, "cut", "--data", "mine", "--before", "2026-11-01")]
    public async Task it_is_that_of_the_command_line_else_that_of_the_environment(string told, int variables, params string[] arguments)
    {
        var (exitCode, _, error) = await GatewayProcess.RunAsync(Path.GetTempPath(), Environment[..variables], arguments);

        Assert.Equal(2, exitCode);
        Assert.Contains(told, error, StringComparison.Ordinal);
    }
}
