using System.Collections;
using PmOrleans.Gateway.Hosting;

namespace PmOrleans.Gateway.Tests;

public sealed class SettingsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pmorleans-").FullName;

    [Fact]
    public void the_command_line_goes_before_the_environment_and_that_before_the_file()
    {
        var file = Path.Combine(_folder, "appsettings.json");
        File.WriteAllText(file, """{ "PmOrleans": { "deadlineMs": 1, "maxWaitMs": 11, "drainSeconds": 3 } }""");

        var options = SettingsReader.Read(
            new Dictionary<string, string>(StringComparer.Ordinal) { ["deadline-ms"] = "3" },
            new Hashtable { ["PMORLEANS_DEADLINE_MS"] = "2", ["PMORLEANS_MAX_WAIT_MS"] = "12", ["PATH"] = "x" },
            file);

        Assert.Equal((3, 12, 3), (options.DeadlineMs, options.MaxWaitMs, options.DrainSeconds));
    }

    [Theory]
    [InlineData("PMORLEANS_DEADLIN_MS", "5", "did you mean PMORLEANS_DEADLINE_MS?")]
    [InlineData("PMORLEANS_DEADLINE_MS", "5s", "is '5s'; allowed are 1 to 60000 ms")]
    [InlineData("PMORLEANS_CLOCK", "sundial", "allowed are system, simulated")]
    [InlineData("PMORLEANS_URLS", "8080", "an address such as http://127.0.0.1:8080 is needed")]
    [InlineData("PMORLEANS_HOSTS", "shop.example;http://a", "has 'http://a'; a name such as shop.example is needed")]
    [InlineData("PMORLEANS_HOSTS", ";", "is empty; a name such as shop.example is needed")]
    [InlineData("PMORLEANS_CATALOG", "/no/such/folder", "there is no such folder")]
    public void a_wrong_setting_is_named_with_where_it_came_from_and_what_is_allowed(string name, string value, string expected)
    {
        var wrong = Assert.Throws<StartException>(() => SettingsReader.Read(new Dictionary<string, string>(StringComparer.Ordinal), new Hashtable { [name] = value }, "none"));

        Assert.Contains(name, wrong.Message, StringComparison.Ordinal);
        Assert.Contains(expected, wrong.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "pmOrleans": { "keys": "keys" } }""", "pmOrleans in appsettings.json is not a known section; did you mean PmOrleans?")]
    [InlineData("""{ "PmOrlean": { "keys": "keys" } }""", "PmOrlean in appsettings.json is not a known section; did you mean PmOrleans?")]
    [InlineData("""{ "PmOrleans": 5 }""", "PmOrleans in appsettings.json is of kind Number; an object")]
    [InlineData("""[ { "PmOrleans": { } } ]""", "appsettings.json is of kind Array; an object")]
    [InlineData("""{ "PmOrleans": """, "cannot be read")]
    public void a_file_that_only_looks_like_settings_is_refused(string text, string expected)
    {
        var file = Path.Combine(_folder, "appsettings.json");
        File.WriteAllText(file, text);

        var wrong = Assert.Throws<StartException>(() => SettingsReader.Read(new Dictionary<string, string>(StringComparer.Ordinal), new Hashtable(), file));

        Assert.Contains(expected, wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void sections_of_others_are_left_alone()
    {
        var file = Path.Combine(_folder, "appsettings.json");
        File.WriteAllText(file, """{ "Logging": { "LogLevel": { "Default": "Debug" } }, "AllowedHosts": "*", "PmOrleans": { "deadlineMs": 7 } }""");

        Assert.Equal(7, SettingsReader.Read(new Dictionary<string, string>(StringComparer.Ordinal), new Hashtable(), file).DeadlineMs);
    }

    [Fact]
    public void a_wrong_name_in_the_file_is_named()
    {
        var file = Path.Combine(_folder, "appsettings.json");
        File.WriteAllText(file, """{ "PmOrleans": { "deadline": 1 } }""");

        var wrong = Assert.Throws<StartException>(() => SettingsReader.Read(new Dictionary<string, string>(StringComparer.Ordinal), new Hashtable(), file));

        Assert.Contains("PmOrleans:deadline in appsettings.json is not a known setting", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void every_setting_is_in_the_operations_guide_with_its_default()
    {
        var guide = File.ReadAllText(Path.Combine(GatewayProcess.Checkout, "docs", "operations.md"));

        Assert.All(GatewaySettings.All, setting => Assert.Contains($"| `--{setting.Name}` | `{setting.Environment}` | `{setting.Default}` |", guide, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--no-such-option 5", "--no-such-option")]
    [InlineData("--deadline-ms soon", "--deadline-ms is 'soon'; allowed are 1 to 60000 ms")]
    [InlineData("--retain 6", "--retain is '6'; allowed are 7 to 36500 days")]
    [InlineData("--export archive", "--export is set without --retain")]
    [InlineData("backup --data /no/such/store --to x", "cannot back up")]
    [InlineData("archive list", "Option '--export' is required")]
    [InlineData("archive read --data data", "Option '--export' is required")]
    [InlineData("archive read --export x --from 2026-02-01 --to 2026-01-01", "--from is '2026-02-01' and --to is '2026-01-01'; --from must be earlier")]
    [InlineData("--urls https://127.0.0.1:0", "https needs --certificate")]
    public async Task a_start_that_cannot_be_is_one_line_and_exit_code_2(string arguments, string expected)
    {
        var (exitCode, _, error) = await GatewayProcess.RunAsync(_folder, arguments.Split(' '));

        Assert.True(exitCode == 2, error);
        Assert.Single(error.Trim().Split('\n'));
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
