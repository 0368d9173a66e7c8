using System.CommandLine;
using PmOrleans.Simulator.Population;

namespace PmOrleans.Simulator.Commands;

internal static class PopulationCommand
{
    public static Command Build()
    {
        var scenario = new Option<string>("--scenario") { DefaultValueFactory = _ => "policies", HelpName = "NAME|FILE", Description = "One of samples/scenarios, or a file. Default: policies." };
        var customers = new Option<int?>("--customers") { HelpName = "N", Description = "Instead of the scenario's." };
        var decisions = new Option<long?>("--decisions") { HelpName = "N", Description = "Of each arm. Default: the scenario's, or ten a customer." };
        var days = new Option<int?>("--days") { HelpName = "N", Description = "Instead of the scenario's." };
        var arms = new Option<string[]>("--arm") { HelpName = "NAME", Description = "Only these arms; may be repeated." };
        var seed = new Option<ulong?>("--seed") { HelpName = "N", Description = "One seed, one run." };
        var data = new Option<string?>("--data") { HelpName = "DIR", Description = "Keep the arms' stores below this folder. Default: temporary ones." };
        var output = new Option<string>("--out") { DefaultValueFactory = _ => "run.json", HelpName = "FILE", Description = "Where the figures go. Default: run.json." };
        var command = new Command("population", "Simulate customers whose tastes are known, and compare policies on them.")
        {
            scenario, customers, decisions, days, arms, seed, data, output,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var (read, catalog) = ScenarioFile.Read(parsed.GetValue(scenario)!);
            if (parsed.GetValue(customers) is { } count)
            {
                // Ten decisions a customer again, unless they are named too.
                (read.Customers, read.Decisions) = (count, null);
            }

            read.Decisions = parsed.GetValue(decisions) ?? read.Decisions;
            read.Days = parsed.GetValue(days) ?? read.Days;
            read.Seed = parsed.GetValue(seed) ?? read.Seed;
            if (parsed.GetValue(arms) is { Length: > 0 } wanted)
            {
                var unknown = wanted.FirstOrDefault(name => !read.Arms.Exists(arm => arm.Name == name));
                if (unknown is not null)
                {
                    throw new InputException($"--arm is '{unknown}'; the scenario has {string.Join(", ", read.Arms.Select(arm => arm.Name))}");
                }

                read.Arms = [.. read.Arms.Where(arm => wanted.Contains(arm.Name, StringComparer.Ordinal))];
            }

            if (ScenarioFile.Problems(read) is { Count: > 0 } problems)
            {
                throw new InputException(string.Join("; ", problems));
            }

            return await RunOutcome.OfAsync(parsed.GetValue(output)!, () => PopulationRun.RunAsync(read, catalog, parsed.GetValue(data), cancellation));
        });
        return command;
    }
}
