using PmOrleans.Simulator.Commands;

namespace PmOrleans.Simulator.Tests.Commands;

public sealed class SimulatorCommandLineTests
{
    [Theory]
    [InlineData("2026-03-01", "2026-03-01T00:00:00Z")]
    [InlineData("2026-03-01T08:00", "2026-03-01T08:00:00Z")]
    [InlineData("2026-03-01T08:00:00+08:00", "2026-03-01T00:00:00Z")]
    public void a_time_without_an_offset_is_utc_wherever_the_machine_stands(string text, string utc) =>
        Assert.Equal(DateTimeOffset.Parse(utc, System.Globalization.CultureInfo.InvariantCulture), SimulatorCommandLine.Time("--start", text));

    [Theory]
    [InlineData("1 March")]
    [InlineData("03/01/2026")]
    [InlineData("1900-01-01")]
    public void what_is_no_time_is_refused_with_its_option_and_value(string text)
    {
        var refused = Assert.Throws<InputException>(() => SimulatorCommandLine.Time("--start", text));

        Assert.Contains($"--start is '{text}'", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("replay", "log.csv", "--out", "")]
    [InlineData("population", "--data", "")]
    [InlineData("load", "--url", "http://127.0.0.1:1", "--key-file", " ")]
    public async Task what_a_shell_makes_of_a_variable_that_is_not_set_names_no_file(params string[] arguments) =>
        Assert.Equal(SimulatorCommandLine.BadInput, await SimulatorCommandLine.RunAsync(arguments));

    /// <summary>A run that takes minutes would else be lost at its end.</summary>
    [Fact]
    public async Task a_run_that_could_not_be_written_does_not_begin_and_nothing_is_left_of_the_look()
    {
        using var folder = new TemporaryFolder();
        var run = folder.Write("run.json", "an earlier one");

        var refused = await Assert.ThrowsAsync<InputException>(() => RunOutcome.OfAsync(folder.Path, () => throw new InvalidOperationException("It began.")));
        await Assert.ThrowsAsync<InvalidOperationException>(() => RunOutcome.OfAsync(run, () => throw new InvalidOperationException("It began.")));
        await Assert.ThrowsAsync<InvalidOperationException>(() => RunOutcome.OfAsync(run + ".new", () => throw new InvalidOperationException("It began.")));

        Assert.Contains($"{folder.Path} cannot be written", refused.Message, StringComparison.Ordinal);
        Assert.Equal("an earlier one", await File.ReadAllTextAsync(run));
        Assert.False(File.Exists(run + ".new"));
    }

    [Theory]
    [InlineData("  pmo_1  \nsecond line", "pmo_1")]
    [InlineData("", null)]
    [InlineData("two words", null)]
    [InlineData("schlüssel", null)]
    public void a_key_is_the_first_line_of_its_file(string text, string? key)
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("key", text);

        if (key is not null)
        {
            Assert.Equal(key, SimulatorCommandLine.Key(file));
            return;
        }

        Assert.Contains($"--key-file is '{file}'", Assert.Throws<InputException>(() => SimulatorCommandLine.Key(file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void a_scenario_that_is_not_there_is_named_with_those_that_are() =>
        Assert.Equal(
            "--scenario is 'nosuch.yaml', which is neither a file nor one of drift, policies, tight-budgets",
            Assert.Throws<InputException>(() => PmOrleans.Simulator.Population.ScenarioFile.Read("nosuch.yaml")).Message);

    [Fact]
    public void a_file_of_a_key_that_is_not_there_is_named() =>
        Assert.Contains("--key-file is 'none/key', which cannot be read", Assert.Throws<InputException>(() => SimulatorCommandLine.Key("none/key")).Message, StringComparison.Ordinal);
}
