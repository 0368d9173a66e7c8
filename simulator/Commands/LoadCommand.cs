using System.CommandLine;
using PmOrleans.Simulator.Load;

namespace PmOrleans.Simulator.Commands;

internal static class LoadCommand
{
    public static Command Build()
    {
        var urls = new Option<string[]>("--url") { Required = true, HelpName = "URL", Description = "A gateway; may be repeated." };
        var keyFile = new Option<string?>("--key-file") { HelpName = "FILE", Description = "File with the key that the gateway asks for. Default: it asks for none." };
        var trust = new TrustOptions();
        var rate = new Option<double>("--rate") { DefaultValueFactory = _ => 1000, HelpName = "N", Description = "Requests a second over all gateways. Default: 1000. With --until-slo the rate to begin with." };
        var seconds = new Option<double>("--seconds") { DefaultValueFactory = _ => 30, HelpName = "N", Description = "Length of the run. Default: 30." };
        var arrivals = new Option<ArrivalKind>("--arrivals") { DefaultValueFactory = _ => ArrivalKind.Poisson, Description = "poisson or constant. Default: poisson." };
        var decisions = new Option<double>("--decisions") { DefaultValueFactory = _ => .7, HelpName = "SHARE", Description = "Share of decisions, the rest are touchpoints. Default: 0.7." };
        var batch = new Option<int>("--batch") { DefaultValueFactory = _ => 5, HelpName = "N", Description = "Touchpoints in a request. Default: 5." };
        var placements = new Option<string[]>("--placement") { HelpName = "ID", Description = "Placement to ask for; may be repeated. Default: all of the catalog's." };
        var customers = new Option<int>("--customers") { DefaultValueFactory = _ => 100_000, HelpName = "N", Description = "Default: 100000." };
        var zipf = new Option<double>("--zipf") { DefaultValueFactory = _ => .7, HelpName = "S", Description = "Exponent of the customers' popularity; 0: all alike. Default: 0.7." };
        var hotCustomers = new Option<double>("--hot-customers") { HelpName = "SHARE", Description = "Share of the requests that come for ten customers." };
        var hotCampaign = new Option<double>("--hot-campaign") { HelpName = "SHARE", Description = "Share of the touchpoints that are clicks on one campaign's offers." };
        var day = new Option<bool>("--day") { Description = "The run's length is a day, with its quiet and busy hours." };
        var burst = new Option<string?>("--burst") { HelpName = "at=S,for=S,x=N", Description = "For a while N times as much." };
        var faults = new Option<string?>("--faults") { HelpName = "NAME=SHARE,…", Description = "duplicates, late, reordered, malformed." };
        var slo = new Option<string?>("--until-slo") { HelpName = "p99=20ms", Description = "Find the highest rate that holds this." };
        var trial = new Option<double>("--trial") { DefaultValueFactory = _ => 5, HelpName = "SECONDS", Description = "Length of a trial of the search. Default: 5." };
        var connections = new Option<int>("--connections") { DefaultValueFactory = _ => 512, HelpName = "N", Description = "At most; as many are opened as are needed. Default: 512." };
        var look = new Option<double?>("--look-every") { HelpName = "SECONDS", Description = "How often to look at the first gateway's campaigns, segments and customers; 0: never. Default: 30 times in the run, at most once a second." };
        var data = new Option<string?>("--data") { HelpName = "DIR", Description = "Data folder of a gateway on this machine, to recount at the end." };
        var seed = new Option<ulong>("--seed") { DefaultValueFactory = _ => 1, HelpName = "N", Description = "Default: 1." };
        var output = new Option<string>("--out") { DefaultValueFactory = _ => "run.json", HelpName = "FILE", Description = "Where the figures go. Default: run.json." };
        var command = new Command("load", "Load gateways with an open loop: requests begin when the schedule says, latency counts from there.")
        {
            urls, keyFile, trust.Authorities, trust.Blind, rate, seconds, arrivals, decisions, batch, placements, customers, zipf, hotCustomers, hotCampaign, day, burst, faults, slo, trial, connections, look, data, seed, output,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var options = new LoadOptions
            {
                Urls = [.. (parsed.GetValue(urls) ?? []).Select(SimulatorCommandLine.Address)],
                Key = SimulatorCommandLine.Key(parsed.GetValue(keyFile)),
                Trust = trust.Read(parsed),
                Rate = parsed.GetValue(rate),
                Duration = TimeSpan.FromSeconds(Math.Clamp(parsed.GetValue(seconds), -1, 1e7)),
                Arrivals = parsed.GetValue(arrivals),
                DecisionShare = parsed.GetValue(decisions),
                Batch = parsed.GetValue(batch),
                Placements = parsed.GetValue(placements) ?? [],
                Customers = parsed.GetValue(customers),
                Zipf = parsed.GetValue(zipf),
                HotCustomers = parsed.GetValue(hotCustomers),
                HotCampaign = parsed.GetValue(hotCampaign),
                DayShape = parsed.GetValue(day),
                Burst = parsed.GetValue(burst) is { } text ? BurstOption.Parse(text) : null,
                Faults = parsed.GetValue(faults) is { } shares ? FaultShares.Parse(shares) : new FaultShares(),
                Slo = parsed.GetValue(slo) is { } objective ? Slo.Parse(objective) : null,
                Trial = TimeSpan.FromSeconds(Math.Clamp(parsed.GetValue(trial), -1, 3600)),
                MaxConnections = parsed.GetValue(connections),
                LookEvery = parsed.GetValue(look) is { } every ? TimeSpan.FromSeconds(Math.Clamp(every, -1, 1e7)) : null,
                Data = parsed.GetValue(data),
                Seed = parsed.GetValue(seed),
            };
            return options.Validate() is { Count: > 0 } problems
                ? throw new InputException(string.Join("; ", problems))
                : await RunOutcome.OfAsync(parsed.GetValue(output)!, () => LoadRun.RunAsync(options, cancellation));
        });
        return command;
    }
}
