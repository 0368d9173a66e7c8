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
}
