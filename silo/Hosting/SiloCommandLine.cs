using System.CommandLine;
using PmOrleans.Gateway.Hosting;

namespace PmOrleans.Silo.Hosting;

/// <summary>The program's options: the gateway's and the silo's own.</summary>
internal static class SiloCommandLine
{
    public static async Task<int> RunAsync(string[] args)
    {
        var root = new RootCommand("A silo of PmOrleans with the HTTP API in it: alone over a folder of its own, or with --connection one of several over a PostgreSQL database.");
        var options = new List<(string Name, Option<string> Option)>();
        foreach (var setting in GatewaySettings.All)
        {
            Add(setting.Name, setting.Values, $"{setting.Description} Default: {setting.Default}.");
        }

        foreach (var (name, values, description) in SiloSettings.All)
        {
            Add(name, values, description);
        }

        root.SetAction((parsed, cancellation) => SiloCommand.RunAsync(
            options.Where(option => parsed.GetResult(option.Option) is { Implicit: false })
                .ToDictionary(option => option.Name, option => parsed.GetValue(option.Option) ?? "", StringComparer.Ordinal),
            cancellation));
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            return await FailAsync(parsed.Errors[0].Message + " See --help.");
        }

        try
        {
            // The host handles signals itself and drains; nobody else may end the process after two seconds.
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (StartException wrong)
        {
            return await FailAsync(wrong.Message);
        }
        catch (OperationCanceledException)
        {
            // Told to stop before it had started.
            return 0;
        }

        void Add(string name, string values, string description)
        {
            var option = new Option<string>("--" + name) { HelpName = values, Description = description };
            options.Add((name, option));
            root.Add(option);
        }
    }

    private static async Task<int> FailAsync(string message)
    {
        await Console.Error.WriteLineAsync("pmorleans-silo: " + GatewayCommandLine.OneLine(message));
        return GatewayCommandLine.CannotStart;
    }
}
