using System.CommandLine;
using System.Globalization;
using PmOrleans.Decisioning.Form;

namespace PmOrleans.Simulator.Commands;

/// <summary>The program's commands.</summary>
internal static class SimulatorCommandLine
{
    /// <summary>Exit code for what the user gave and cannot be used; 1 is for a log that differs from its recount.</summary>
    public const int BadInput = 2;

    /// <summary>Exit code of a run that was stopped before its end; its figures are written all the same.</summary>
    public const int Interrupted = 3;

    public static async Task<int> RunAsync(string[] args)
    {
        var root = new RootCommand("Replays real logs, simulates customers with known tastes, loads gateways, and says whether every counter is true.")
        {
            ReplayCommand.Build(),
            PopulationCommand.Build(),
            LoadCommand.Build(),
            ReportCommand.Build(),
        };
        foreach (var option in root.Subcommands.SelectMany(command => command.Options).Where(option => option.HelpName is "FILE" or "DIR" or "NAME|FILE"))
        {
            // What a shell makes of a variable that is not set.
            option.Validators.Add(result =>
            {
                if (result.Tokens.Any(token => string.IsNullOrWhiteSpace(token.Value)))
                {
                    result.AddError($"{option.Name} is empty; allowed is {option.HelpName}.");
                }
            });
        }

        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            return await FailAsync(parsed.Errors[0].Message + " See --help.");
        }

        try
        {
            // Ctrl-C ends the run in good order, with a partial report, however long the last commit takes.
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromMinutes(10) });
        }
        catch (InputException wrong)
        {
            return await FailAsync(wrong.Message);
        }
        catch (OperationCanceledException)
        {
            return await FailAsync("stopped before anything was run");
        }
    }

    /// <exception cref="InputException">The text is no address of a gateway.</exception>
    public static Uri Address(string text) => Uri.TryCreate(text, UriKind.Absolute, out var url) && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)
        ? url
        : throw new InputException($"--url is '{text}'; allowed is http://host:port or https://host:port");

    /// <summary>The key in a file: on a command line every user of the machine could read it.</summary>
    /// <exception cref="InputException">The file cannot be read, or holds no key.</exception>
    public static string? Key(string? file)
    {
        if (file is null)
        {
            return null;
        }

        try
        {
            var key = File.ReadLines(file).FirstOrDefault()?.Trim() ?? "";
            return key.Length is > 0 and <= 256 && key.All(character => character is > ' ' and < (char)127)
                ? key
                : throw new InputException($"--key-file is '{file}', and its first line is no key: 1 to 256 characters of ASCII without spaces");
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"--key-file is '{file}', which cannot be read: {failed.Message}", failed);
        }
    }

    /// <exception cref="InputException">The text is no time.</exception>
    public static DateTimeOffset Time(string option, string text) =>
        DateTimeOffset.TryParseExact(
            text, ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFK"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            && at.Year is >= 1971 and < 2200
        ? at
        : throw new InputException($"{option} is '{text}'; allowed is ISO 8601 from 1971 to 2199, such as 2026-03-01 or 2026-03-01T08:00:00+08:00");

    private static async Task<int> FailAsync(string message)
    {
        await Console.Error.WriteLineAsync("simulator: " + Labels.Shown(message.ReplaceLineEndings(" "), int.MaxValue));
        return BadInput;
    }
}
