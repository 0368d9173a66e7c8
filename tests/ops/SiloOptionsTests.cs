using PmOrleans.Conformance;

namespace PmOrleans.Ops.Tests;

/// <summary>A silo refuses what it cannot do, before it opens anything; and how a start ends that comes to nothing.</summary>
public sealed class SiloOptionsTests
{
    [Theory]
    [InlineData("--retain is set with --role gateway; silos cut the logs", "--role", "gateway", "--retain", "90", "--connection", "Host=127.0.0.1;Port=1;Username=nobody")]
    [InlineData("--clock is 'simulated'; allowed for a silo: system", "--clock", "simulated")]
    [InlineData("--node is '节点-1'; allowed: 1 to 100 letters, digits and signs of ASCII", "--node", "节点-1", "--data", "/dev/null/none")]
    [InlineData("--node is 'a b'; allowed: 1 to 100 letters, digits and signs of ASCII", "--node", "a\nb", "--data", "/dev/null/none")]
    public async Task what_a_silo_cannot_do_ends_its_start_with_a_line_that_says_so(string expected, params string[] options)
    {
        var (exitCode, error) = await RunningSilo.RefusalAsync(options);

        Assert.Equal(2, exitCode);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_silo_that_is_told_to_stop_while_it_starts_ends_without_an_error()
    {
        var (exitCode, error) = await RunningSilo.StopWhileStartingAsync();

        Assert.Equal(0, exitCode);
        Assert.DoesNotContain("Unhandled", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_database_that_is_not_there_ends_its_start_with_one_line()
    {
        var (exitCode, error) = await RunningSilo.RefusalAsync(
            "--connection", "Host=127.0.0.1;Port=1;Username=nobody", "--urls", $"http://127.0.0.1:{LoopbackPort.Next()}", "--silo-port", $"{LoopbackPort.Next()}");

        Assert.Equal(2, exitCode);
        Assert.Contains("cannot start: The store in schema 'pmorleans' cannot be opened: Failed to connect to 127.0.0.1:1", error, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", error, StringComparison.Ordinal);
    }
}
