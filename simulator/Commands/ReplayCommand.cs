using System.CommandLine;
using PmOrleans.Simulator.Replay;

namespace PmOrleans.Simulator.Commands;

internal static class ReplayCommand
{
    public static Command Build()
    {
        var file = new Argument<string>("file") { Description = "The log: csv or ndjson, plain or gz." };
        var mapping = new Option<string?>("--mapping") { HelpName = "NAME|FILE", Description = "A mapping that is shipped, or a file. Default: by the log's file name." };
        var embedded = new Option<bool>("--embedded") { Description = "In this process, which drives the clock (the default without --url)." };
        var url = new Option<string?>("--url") { HelpName = "URL", Description = "Against a gateway, best one started with --clock simulated." };
        var keyFile = new Option<string?>("--key-file") { HelpName = "FILE", Description = "File with the key that the gateway asks for. Default: it asks for none." };
        var trust = new TrustOptions();
        var speed = new Option<double>("--speed") { DefaultValueFactory = _ => 1, Description = "Times faster than life against a gateway on the system's clock; anything but 1 is refused where the catalog has windows." };
        var catalog = new Option<string?>("--catalog") { HelpName = "DIR", Description = "Catalog for --embedded. Default: what the mapping names." };
        var placement = new Option<string?>("--placement") { HelpName = "ID", Description = "Placement asked at every visit. Default: the first of the catalog." };
        var data = new Option<string?>("--data") { HelpName = "DIR", Description = "Keep the run's store here. Default: a temporary folder." };
        var tastes = new Option<string?>("--tastes") { HelpName = "FILE", Description = "Hidden tastes, YAML. Default: see docs/simulator.md." };
        var start = new Option<string?>("--start") { HelpName = "TIME", Description = "When the first visit is to be: ISO 8601, UTC where no offset is given. Default: when it was." };
        var strict = new Option<bool>("--strict") { Description = "Stop at the first line that cannot be read." };
        var limit = new Option<long>("--limit") { DefaultValueFactory = _ => long.MaxValue, HelpName = "N", Description = "Only the first N visits." };
        var seed = new Option<ulong>("--seed") { DefaultValueFactory = _ => 1, HelpName = "N", Description = "One seed, one run. Default: 1." };
        var output = new Option<string>("--out") { DefaultValueFactory = _ => "run.json", HelpName = "FILE", Description = "Where the figures go. Default: run.json." };
        var command = new Command("replay", "Replay a real log: its touchpoints in the order of time, a decision for every visit, simulated responses.")
        {
            file, mapping, embedded, url, keyFile, trust.Authorities, trust.Blind, speed, catalog, placement, data, tastes, start, strict, limit, seed, output,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            if (parsed.GetValue(embedded) && parsed.GetValue(url) is not null)
            {
                throw new InputException("--embedded and --url exclude each other");
            }

            if (parsed.GetValue(limit) < 1)
            {
                throw new InputException($"--limit is {parsed.GetValue(limit)}; allowed is 1 or more");
            }

            var options = new ReplayOptions
            {
                File = parsed.GetValue(file)!,
                Mapping = parsed.GetValue(mapping),
                Catalog = parsed.GetValue(catalog),
                Placement = parsed.GetValue(placement),
                Data = parsed.GetValue(data),
                Url = parsed.GetValue(url) is { } address ? SimulatorCommandLine.Address(address) : null,
                Key = SimulatorCommandLine.Key(parsed.GetValue(keyFile)),
                Trust = trust.Read(parsed),
                Speed = parsed.GetValue(speed),
                Tastes = parsed.GetValue(tastes),
                Start = parsed.GetValue(start) is { } text ? SimulatorCommandLine.Time("--start", text) : null,
                Strict = parsed.GetValue(strict),
                Limit = parsed.GetValue(limit),
                Seed = parsed.GetValue(seed),
            };
            return await RunOutcome.OfAsync(parsed.GetValue(output)!, () => ReplayRun.RunAsync(options, cancellation));
        });
        return command;
    }
}
