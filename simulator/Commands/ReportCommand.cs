using System.CommandLine;
using System.Globalization;
using PmOrleans.Simulator.Report;
using PmOrleans.Simulator.Runs;

namespace PmOrleans.Simulator.Commands;

internal static class ReportCommand
{
    public static Command Build()
    {
        var run = new Argument<string>("run") { Description = "The run.json of a replay, population or load." };
        var output = new Option<string?>("--out") { HelpName = "FILE", Description = "Where the page goes. Default: beside the run, .html." };
        var command = new Command("report", "Write a run as one HTML page.") { run, output };
        command.SetAction(parsed =>
        {
            var from = parsed.GetValue(run)!;
            var to = parsed.GetValue(output) ?? Path.ChangeExtension(from, ".html");
            var page = ReportPage.Of(RunFile.Read(from));
            try
            {
                File.WriteAllText(to, page);
            }
            catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
            {
                throw new InputException($"{to} cannot be written: {failed.Message}", failed);
            }

            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"written: {to} ({new FileInfo(to).Length / 1024.0:N0} KiB)"));
            return 0;
        });
        return command;
    }
}
