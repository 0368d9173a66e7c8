namespace PmOrleans.Ops.Tests;

/// <summary>A silo refuses what it cannot do, before it opens anything.</summary>
public sealed class SiloOptionsTests
{
    [Theory]
    [InlineData("--retain is set with --role gateway; silos cut the logs", "--role", "gateway", "--retain", "90", "--connection", "Host=127.0.0.1;Port=1;Username=nobody")]
    [InlineData("--clock is 'simulated'; allowed for a silo: system", "--clock", "simulated")]
    public async Task what_a_silo_cannot_do_ends_its_start_with_a_line_that_says_so(string expected, params string[] options)
    {
        var (exitCode, error) = await RunningSilo.RefusalAsync(options);

        Assert.Equal(2, exitCode);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }
}
